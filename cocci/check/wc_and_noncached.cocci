// SPDX-License-Identifier: GPL-2.0-only
/// A protection is made write-combining or uncached once
//
//# Id: VPS-MEMT-01
//# Group: memtype
//# Severity: error
//# Reason: on 6.1 and 6.12 both functions OR their bits in: whichever comes second, x86 gets strong UC,
//#   which is worse than either. vfio_pci_core_mmap() has already made the protection uncached.
//# Prevents: memtype_test and naive-wc_test compare what user space gets with what was asked for
//# Fix: start from vm_get_page_prot(vma->vm_flags), apply one of them, and pgprot_decrypted() last; or
//#   declare the range with vfio_pci_core_set_memtype()
//
// Confidence: High

virtual report

@core depends on ever concerned exists@
identifier vma;
position p;
@@
vfio_pci_core_mmap(..., vma)
... when != vma->vm_page_prot = vm_get_page_prot(...)
vma->vm_page_prot = <+... pgprot_writecombine@p(<+... vma->vm_page_prot ...+>) ...+>

@twice depends on ever concerned exists@
expression prot;
position p;
@@
(
prot = pgprot_writecombine(prot)
|
prot = pgprot_noncached(prot)
|
prot = pgprot_device(prot)
)
... when != prot = vm_get_page_prot(...)
(
prot = pgprot_writecombine@p(prot)
|
prot = pgprot_noncached@p(prot)
|
prot = pgprot_device@p(prot)
)

@nested depends on ever concerned@
expression e;
position p;
@@
(
pgprot_writecombine@p(pgprot_noncached(e))
|
pgprot_noncached@p(pgprot_writecombine(e))
)

@initialize:python@
@@
what1 = "ERROR: [VPS-MEMT-01] the core's mmap has made this protection uncached"
what2 = "ERROR: [VPS-MEMT-01] the protection already has a memory type"
what3 = "ERROR: [VPS-MEMT-01] two memory types at once"

@script:python depends on report@
p << core.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << twice.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << nested.p;
@@
coccilib.report.print_report(p[0], what3)
