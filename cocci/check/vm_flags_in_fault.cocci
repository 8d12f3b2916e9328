// SPDX-License-Identifier: GPL-2.0-only
/// A fault handler does not change vm_flags
//
//# Id: VPS-MMAP-06
//# Group: mmap
//# Severity: error
//# Reason: vm_flags may change only with mmap_lock held for write; a fault holds it, or only the
//#   VMA's own lock, for read, and runs on several CPUs at once. (io_)remap_pfn_range() sets flags
//#   as well.
//# Prevents: a data race with other holders of the VMA lock; lockdep names the missing mmap_lock
//# Fix: set the flags in .mmap; insert single entries with vmf_insert_pfn() or
//#   vfio_pci_vmf_insert_pfn()
//
// Confidence: High

virtual report

@handlers depends on ever concerned@
identifier f, vmf;
@@
f(struct vm_fault *vmf, ...)
{ ... }

@script:python@
@@
faults.clear()

@script:python@
f << handlers.f;
@@
faults.add(f)

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
