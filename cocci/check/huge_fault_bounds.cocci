// SPDX-License-Identifier: GPL-2.0-only
/// A large entry begins inside the mapping and is aligned
//
//# Id: VPS-MMAP-09
//# Group: mmap
//# Severity: error
//# Reason: a huge fault comes with the address that was touched. The entry starts at that address
//#   rounded down, which may lie before the mapping, and may end behind it; and the frame must be
//#   aligned, too. Unchecked, user space sees device memory it has not been given, or the wrong part.
//# Prevents: "vfio/pci: Align huge faults to order", "vfio/pci: Fallback huge faults for unaligned
//#   pfn"; core_fault_test odd_ends and odd_address_has_small_entries
//# Mend: addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order), the frame from addr, and
//#   VM_FAULT_FALLBACK unless is_aligned_for_order(vma, addr, pfn, order)
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@rounds@
identifier f, vmf;
expression e;
position rq;
@@
f@rq(struct vm_fault *vmf, ...)
{
  <+...
(
  ALIGN_DOWN(vmf->address, e)
|
  round_down(vmf->address, e)
|
  vmf->address & e
)
  ...+>
}

@checks@
identifier f, vmf;
expression v, e;
position cq;
@@
f@cq(struct vm_fault *vmf, ...)
{
  <+...
(
  is_aligned_for_order(...)
|
  e > v->vm_end
|
  v->vm_end < e
|
  e > v->vm_end - ...
|
  v->vm_end - v->vm_start < e
)
  ...+>
}

@unrounded depends on concerned exists@
identifier f, vmf, order;
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p, q != rounds.rq;
@@
f@q(struct vm_fault *vmf, unsigned int order)
{
  ... when any
(
  insert@p(...)
|
  vfio_pci_vmf_insert_pfn@p(..., order)
)
  ... when any
}

@unchecked depends on concerned exists@
identifier f, vmf, order;
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p, q != checks.cq;
@@
f@q(struct vm_fault *vmf, unsigned int order)
{
  ... when any
(
  insert@p(...)
|
  vfio_pci_vmf_insert_pfn@p(..., order)
)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-09] the address is not rounded down to the size of the entry"
what2 = "ERROR: [VPS-MMAP-09] nothing keeps the entry inside the mapping"

@script:python depends on report@
p << unrounded.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << unrounded.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
identifier c;
position unrounded.p;
@@
* c@p(...)

@script:python depends on report@
p << unchecked.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << unchecked.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position unchecked.p;
@@
* c@p(...)
