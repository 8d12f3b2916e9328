// SPDX-License-Identifier: GPL-2.0-only
/// Write-combining is reserved before the BAR is mapped
//
//# Id: VPS-MEMT-02
//# Group: memtype
//# Severity: error
//# Reason: on x86 the type of an entry is looked up, not taken from the protection: the first mapping
//#   of the BAR decides, which vfio_pci_core_enable() makes uncached. No call fails, nothing is logged,
//#   and user space gets an uncached mapping.
//# Prevents: naive-wc_test; the patches that NIC vendors carry for this lose write-combining silently
//#   in the same way
//# Mend: vfio_pci_core_set_memtype() before vfio_pci_core_register_device(); with the kernel's own core
//#   arch_io_reserve_memtype_wc() before vfio_pci_core_enable()
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@reserves@
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc,
	vfio_pci_core_set_memtype};
@@
call(...)

// where the driver opens its devices, it would be seen
@opens@
@@
\(vfio_pci_core_enable\|vfio_pci_core_register_device\)(...)

@core depends on concerned && opens && !reserves exists@
identifier vma;
position p;
@@
vfio_pci_core_mmap(..., vma)
... when any
vma->vm_page_prot = <+... pgprot_writecombine@p(...) ...+>

@bar depends on concerned && opens && !reserves@
identifier f, vma;
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{ <+... pci_resource_start(...) ...+> }

@own depends on concerned && opens && !reserves exists@
identifier bar.f;
position bar.q;
position p != core.p;
@@
f@q(...)
{
  ... when any
  pgprot_writecombine@p(...)
  ... when any
}

@late depends on concerned exists@
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc};
position p;
@@
vfio_pci_core_enable(...)
... when != vfio_pci_core_disable(...)
call@p(...)

@wrap depends on concerned@
identifier w;
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc};
@@
w(...)
{ <+... call(...) ...+> }

@later depends on concerned exists@
identifier wrap.w;
position p;
@@
vfio_pci_core_enable(...)
... when != vfio_pci_core_disable(...)
w@p(...)

@initialize:python@
@@
what1 = "ERROR: [VPS-MEMT-02] nothing reserves the BAR as write-combining: this has no effect"
what2 = "ERROR: [VPS-MEMT-02] nothing reserves the BAR as write-combining: this has no effect"
what3 = "ERROR: [VPS-MEMT-02] vfio_pci_core_enable() has already mapped the BAR uncached"

@script:python depends on report@
p << core.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << core.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
identifier c;
position core.p;
@@
* c@p(...)

@script:python depends on report@
p << own.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << own.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position own.p;
@@
* c@p(...)

@script:python depends on report@
p << late.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on org@
p << late.p;
@@
coccilib.org.print_todo(p[0], what3)

@depends on context@
identifier c;
position late.p;
@@
* c@p(...)

@script:python depends on report@
p << later.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on org@
p << later.p;
@@
coccilib.org.print_todo(p[0], what3)

@depends on context@
identifier c;
position later.p;
@@
* c@p(...)
