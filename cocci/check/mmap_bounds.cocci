// SPDX-License-Identifier: GPL-2.0-only
/// mmap refuses what lies outside of the region
//
//# Id: VPS-INPUT-02
//# Group: input
//# Severity: error
//# Reason: offset and length come from user space. Unchecked, the fault handler maps what follows in
//#   physical memory: another device, or RAM.
//# Prevents: "vfio/pci: Add missing range check in vfio_pci_mmap"; core_mmap_test far_offsets and
//#   lengths_and_flags
//# Mend: offset in the region plus vma->vm_end - vma->vm_start, added without overflow, is at most the
//#   region's size; or call vfio_pci_core_mmap()
//
// Confidence: Moderate: any comparison with a length will do
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

// where the core has mapped it and the function goes on
@returned@
position c;
@@
return vfio_pci_core_mmap@c(...);

@core@
identifier f, vma;
position c != returned.c, q;
@@
f@q(..., struct vm_area_struct *vma)
{ <+... vfio_pci_core_mmap@c(...) ...+> }

// a helper may look at the VMA
@others@
identifier f, vma;
identifier call != {vfio_pci_core_mmap, container_of, vm_flags_set, vm_flags_clear,
	vm_flags_mod, vma_pages, vm_get_page_prot, remap_pfn_range, io_remap_pfn_range,
	vm_iomap_memory};
position q;
@@
f@q(..., struct vm_area_struct *vma)
{ <+... call(..., vma, ...) ...+> }

@ram@
identifier f, vma;
identifier page = {virt_to_phys, virt_to_page, virt_to_pfn, page_to_pfn, page_to_phys,
	vmalloc_to_pfn, __pa};
position q;
@@
f@q(..., struct vm_area_struct *vma)
{ <+... page(...) ...+> }

@maps depends on concerned exists@
identifier f, vma, ops, d;
identifier T = {vfio_device, vfio_pci_core_device};
position p, q != {core.q, others.q, ram.q};
@@
f@q(struct T *d, ..., struct vm_area_struct *vma)
{
  ... when any
(
  vma->vm_ops@p = &ops
|
  \(io_remap_pfn_range@p\|remap_pfn_range@p\)(vma, ...)
)
  ... when any
}

@compare exists@
identifier maps.f;
expression a, b;
binary operator op = {<, >, <=, >=, ==, !=};
position q;
@@
f@q(...)
{
  ... when any
  a op b
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-INPUT-02] nothing compares offset and length with the size of the region"
import re
bounded = set()

@script:python@
q << compare.q;
a << compare.a;
b << compare.b;
@@
if re.search("vm_end|vma_pages|len|size|end|pages|last|start", a + " " + b):
    bounded.add((q[0].file, q[0].line))

@script:python@
q << maps.q;
p << maps.p;
@@
cocci.include_match((q[0].file, q[0].line) not in bounded)

@script:python depends on report@
p << maps.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on org@
p << maps.p;
@@
coccilib.org.print_todo(p[0], what)

@depends on context@
identifier c;
expression v;
position maps.p;
@@
(
* v->vm_ops@p
|
* c@p(...)
)
