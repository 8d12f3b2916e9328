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
//# Fix: vfio_pci_core_access_begin(), which asks, as vfio_pci_vmf_insert_pfn() does; or return VM_FAULT_SIGBUS if
//#   (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev))
//
// Confidence: High

virtual report

@inserts depends on ever concerned@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn};
@@
insert(...)

@script:python@
@@
active.clear()
handlers.clear()
awake.clear()

@script:python depends on inserts@
@@
active.add(True)

@handler depends on ever inserts@
identifier f, vmf;
position p;
@@
f@p(struct vm_fault *vmf)
{ ... }

@ordered depends on ever inserts@
identifier f, vmf, a;
type T;
position p;
@@
f@p(struct vm_fault *vmf, T a)
{ ... }

@pointer depends on ever inserts@
identifier f, vmf, a;
type T;
position p;
@@
f@p(struct vm_fault *vmf, T *a)
{ ... }

@asks depends on ever inserts@
expression v;
position p;
@@
\(v->pm_runtime_engaged@p\|v.pm_runtime_engaged@p\)

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-05] %s() without a look at pm_runtime_engaged: the device may be asleep"
what2 = "ERROR: [VPS-MMAP-05] %s() without a look at __vfio_pci_memory_enabled(): decode may be off"
whole = {"vfio_pci_mem_accessible", "vfio_pci_core_access_begin"}
enabled = ["__vfio_pci_memory_enabled", "vfio_pci_memory_enabled"] + list(whole)
ram = ["virt_to_phys", "virt_to_page", "virt_to_pfn", "page_to_pfn", "page_to_phys", "vmalloc_to_pfn", "__pa"]
active = set()
handlers = set()
awake = set()

def lacks(function):
    """What no handler that comes to this insertion asks, nor whom it calls."""
    for handler in handlers & above(function, set()):
        if above(handler, set()) & handlers - {handler}:
            continue
        reached = below(handler, set())
        if reached & set(ram):
            continue
        if not reached & awake and not reached & whole:
            return "power"
        if not reached & set(enabled):
            return "decode"
    return None

@script:python@
p << handler.p;
f << handler.f;
@@
handlers.add(f)

@script:python@
p << ordered.p;
f << ordered.f;
@@
handlers.add(f)

@script:python@
p << pointer.p;
f << pointer.f;
@@
handlers.discard(f)

@script:python@
p << asks.p;
@@
awake.add(p[0].current_element)

@power depends on ever inserts@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn};
position p;
@@
insert@p(...)

@script:python@
p << power.p;
@@
cocci.include_match(bool(active) and lacks(p[0].current_element) == "power")

@script:python depends on report@
p << power.p;
insert << power.insert;
@@
coccilib.report.print_report(p[0], what1 % insert)

@decode depends on ever inserts@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn};
position p;
@@
insert@p(...)

@script:python@
p << decode.p;
@@
cocci.include_match(bool(active) and lacks(p[0].current_element) == "decode")

@script:python depends on report@
p << decode.p;
insert << decode.insert;
@@
coccilib.report.print_report(p[0], what2 % insert)
