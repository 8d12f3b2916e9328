// SPDX-License-Identifier: GPL-2.0-only
/// A fault handler does not change vm_flags
//
//# Id: VPS-MMAP-06
//# Group: mmap
//# Severity: error
//# Reason: vm_flags belong to who holds mmap_lock for write; a fault holds it, or only the VMA's own
//#   lock, for read, and runs on several CPUs at once. (io_)remap_pfn_range() sets flags, too.
//# Prevents: "vfio/pci: Insert full vma on mmap'd MMIO fault" in 6.1.y warns in remap_pfn_range() on
//#   kernels that check it; core_fault_test all_pages
//# Mend: set the flags in .mmap; insert single entries with vmf_insert_pfn() or
//#   vfio_pci_vmf_insert_pfn()
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@set depends on concerned exists@
identifier f, vmf;
expression v, e;
identifier call = {vm_flags_set, vm_flags_clear, vm_flags_mod, vm_flags_reset,
	vm_flags_reset_once, vm_flags_init, remap_pfn_range, io_remap_pfn_range, vm_iomap_memory};
position p;
@@
f(struct vm_fault *vmf, ...)
{
  ... when any
(
  call@p(...)
|
  v->vm_flags@p = e
|
  v->vm_flags@p |= e
|
  v->vm_flags@p &= e
)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-06] a fault handler changes vm_flags, for which it holds no lock"

@script:python depends on report@
p << set.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on org@
p << set.p;
@@
coccilib.org.print_todo(p[0], what)

@depends on context@
expression v;
identifier c;
position set.p;
@@
(
* c@p(...)
|
* v->vm_flags@p
)
