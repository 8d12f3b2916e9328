// SPDX-License-Identifier: GPL-2.0-only
/// A fault handler asks whether device memory may be touched
//
//# Id: VPS-MMAP-05
//# Group: mmap
//# Severity: error
//# Reason: with memory decode off, in low power or below D0 an access is a machine check, a hang or
//#   garbage, depending on the machine. vmf_insert_pfn() knows nothing of this; under memory_lock the
//#   handler must ask both __vfio_pci_memory_enabled() and pm_runtime_engaged.
//# Prevents: core_fault_test sigbus_while_decode_is_off and sigbus_in_d3hot; 7.3's core asks in
//#   vfio_pci_vmf_insert_pfn() for the same reason
//# Mend: call vfio_pci_vmf_insert_pfn(), which asks; or return VM_FAULT_SIGBUS if
//#   (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev))
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

// a handler has the fault and at most the order of the entry
@more@
identifier f, vmf;
type T1, T2;
identifier a, b;
position q;
@@
f@q(struct vm_fault *vmf, T1 a, T2 b, ...)
{ ... }

@pointer@
identifier f, vmf, a;
type T;
position q;
@@
f@q(struct vm_fault *vmf, T *a)
{ ... }

@asks@
expression v;
position q;
identifier f;
@@
f@q(...)
{
  <+...
(
  v->pm_runtime_engaged
|
  v.pm_runtime_engaged
)
  ...+>
}

@enabled@
identifier gate = {__vfio_pci_memory_enabled, vfio_pci_memory_enabled,
	vfio_pci_mem_accessible};
position q;
identifier f;
@@
f@q(...)
{ <+... gate(...) ...+> }

// whoever has the predicate by heart has both
@whole@
identifier gate = {vfio_pci_mem_accessible};
position q;
identifier f;
@@
f@q(...)
{ <+... gate(...) ...+> }

@power depends on concerned exists@
identifier f, vmf;
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn};
position p, q != {more.q, pointer.q, asks.q, whole.q};
@@
f@q(struct vm_fault *vmf, ...)
{
  ... when any
  insert@p(...)
  ... when any
}

@decode depends on concerned exists@
identifier f, vmf;
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn};
position p != power.p, q != {more.q, pointer.q, enabled.q};
@@
f@q(struct vm_fault *vmf, ...)
{
  ... when any
  insert@p(...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-05] %s() without a look at pm_runtime_engaged: the device may be asleep"
what2 = "ERROR: [VPS-MMAP-05] %s() without a look at __vfio_pci_memory_enabled(): decode may be off"

@script:python depends on report@
p << power.p;
insert << power.insert;
@@
coccilib.report.print_report(p[0], what1 % insert)

@script:python depends on org@
p << power.p;
insert << power.insert;
@@
coccilib.org.print_todo(p[0], what1 % insert)

@depends on context@
identifier power.insert;
position power.p;
@@
* insert@p(...)

@script:python depends on report@
p << decode.p;
insert << decode.insert;
@@
coccilib.report.print_report(p[0], what2 % insert)

@script:python depends on org@
p << decode.p;
insert << decode.insert;
@@
coccilib.org.print_todo(p[0], what2 % insert)

@depends on context@
identifier decode.insert;
position decode.p;
@@
* insert@p(...)
