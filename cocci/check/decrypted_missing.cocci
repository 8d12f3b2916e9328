// SPDX-License-Identifier: GPL-2.0-only
/// A mapping of a BAR is pgprot_decrypted()
//
//# Id: VPS-MMAP-08
//# Group: mmap
//# Severity: warning
//# Reason: under memory encryption (SEV, SME, TDX) the protection bits of a VMA say encrypted. A BAR is
//#   not RAM: mapped so, reads return garbage and writes go nowhere.
//# Prevents: device memory mapped encrypted on hosts with SME or SEV: garbage, both ways
//# Fix: vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot), last of what is done to it
//# Ask: If the frames are no BAR's: is that memory encrypted, and who says so? A good answer names the
//#   bus or the firmware table, and the protection that follows.
//
// Confidence: High
// Comments: Silent when the frames come from elsewhere than pci_resource_start(): is it RAM or not?

virtual report

@bar@
@@
pci_resource_start(...)

@insert@
identifier call = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vfio_pci_vmf_insert_pfn};
@@
call(...)

@decrypts@
@@
pgprot_decrypted(...)

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

@mapped depends on ever concerned && bar && insert && !decrypts exists@
identifier f, vma, ops;
position p, q != core.q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  vma->vm_ops@p = &ops
  ... when any
}

// a protection that takes the place of the core's
@keeps@
expression v;
position k;
@@
v->vm_page_prot@k = <+... v->vm_page_prot ...+>

@anew depends on ever concerned && !decrypts exists@
expression vma, e;
position p != keeps.k;
@@
vfio_pci_core_mmap(..., vma)
... when any
vma->vm_page_prot@p = e

@initialize:python@
@@
what = "WARNING: [VPS-MMAP-08] a BAR is mapped with a protection that may say encrypted"

@script:python depends on report@
p << mapped.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on report@
p << anew.p;
@@
coccilib.report.print_report(p[0], what)
