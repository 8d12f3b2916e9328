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

@handlers depends on concerned@
identifier f, vmf;
@@
f(struct vm_fault *vmf, ...)
{ ... }

@script:python@
@@
faults.clear()
callees.clear()

@script:python@
f << handlers.f;
@@
faults.add(f)

@calls depends on handlers@
identifier g;
position p;
@@
g@p(...)

@script:python@
p << calls.p;
g << calls.g;
@@
callees.setdefault(p[0].current_element, set()).add(g)
cocci.include_match(False)

@change depends on ever handlers@
expression v, e;
identifier call = {vm_flags_set, vm_flags_clear, vm_flags_mod, vm_flags_reset,
	vm_flags_reset_once, vm_flags_init, remap_pfn_range, io_remap_pfn_range, vm_iomap_memory};
position p;
@@
(
  call@p(...)
|
  v->vm_flags@p = e
|
  v->vm_flags@p |= e
|
  v->vm_flags@p &= e
)

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-06] a fault handler changes vm_flags, for which it holds no lock"
faults = set()
callees = {}

def in_fault(function):
    """Is it a fault handler, or does one call it?"""
    seen, todo = set(), list(faults)
    while todo:
        f = todo.pop()
        if f not in seen:
            seen.add(f)
            todo += callees.get(f, ())
    return function in seen

@script:python@
p << change.p;
@@
cocci.include_match(in_fault(p[0].current_element))

@script:python depends on report@
p << change.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on org@
p << change.p;
@@
coccilib.org.print_todo(p[0], what)

@depends on context@
expression v;
identifier c;
position change.p;
@@
(
* c@p(...)
|
* v->vm_flags@p
)
