// SPDX-License-Identifier: GPL-2.0-only
/// Pages are inserted by the fault handler, not while mmap is on its way
//
//# Id: VPS-MMAP-02
//# Group: mmap
//# Severity: error
//# Reason: mmap_region() calls .mmap before it links the VMA to the file. What is mapped in between is
//#   invisible to unmap_mapping_range(): a reset that happens then leaves the entries behind, for good.
//# Prevents: an entry that appears after the zap and survives it; race_fault_test race_with_zaps
//# Fix: only set vm_flags, vm_page_prot and vm_ops in .mmap; the first access faults the pages in
//
// Confidence: High

virtual report

@ram@
identifier f, vma;
identifier page = {virt_to_phys, virt_to_page, virt_to_pfn, page_to_pfn, page_to_phys,
	vmalloc_to_pfn, __pa};
position own;
@@
f@own(..., struct vm_area_struct *vma, ...)
{ <+... page(...) ...+> }

@handled exists@
identifier f, vma;
expression ops;
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  vma->vm_ops = ops
  ... when any
}

// ---- the same in a function that is called by one that sets vm_ops

// no nest: Coccinelle 1.3 passes over a file with one in context mode
@entries depends on ever concerned exists@
identifier g;
identifier call = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_mixed, vm_insert_pfn};
identifier vma;
position q != ram.own;
@@
g@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  call(vma, ...)
  ... when any
}

@helped depends on handled exists@
identifier f, vma;
identifier entries.g;
expression ops;
position p;
@@
f(..., struct vm_area_struct *vma, ...)
{
  ... when any
  vma->vm_ops = ops
  ... when any
  g@p(..., vma, ...)
  ... when any
}

@script:python depends on report@
p << helped.p;
g << entries.g;
@@
coccilib.report.print_report(p[0], what % g)

// ---- in the function itself
@map depends on ever concerned exists@
identifier f;
identifier call = {remap_pfn_range, io_remap_pfn_range, vm_iomap_memory, vmf_insert_pfn,
	vmf_insert_pfn_prot, vmf_insert_mixed, vm_insert_pfn};
identifier vma;
position p, q != ram.own;
@@
f@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  call@p(vma, ...)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-02] %s() in mmap: a zap at this moment does not see the mapping"
has_ops = set()

@script:python@
q << handled.q;
@@
has_ops.add((q[0].file, q[0].line))

@script:python@
q << map.q;
p << map.p;
@@
cocci.include_match((q[0].file, q[0].line) in has_ops)

@script:python depends on report@
p << map.p;
call << map.call;
@@
coccilib.report.print_report(p[0], what % call)
