// SPDX-License-Identifier: GPL-2.0-only
/// Write-combining is reserved before the BAR is mapped
//
//# Id: VPS-MEMT-02
//# Group: memtype
//# Severity: error
//# Reason: on x86 the type of an entry is looked up, not taken from the protection: the first mapping
//#   of the BAR decides, which is the core's and uncached, made in vfio_pci_core_enable() or at the
//#   first use. No call fails, nothing is logged, and user space gets an uncached mapping.
//# Prevents: naive-wc_test; the patches that NIC vendors carry for this lose write-combining silently
//#   in the same way
//# Fix: vfio_pci_core_set_memtype() before vfio_pci_core_register_device(); with the kernel's own core
//#   arch_io_reserve_memtype_wc() before vfio_pci_core_enable()
//
// Confidence: High

virtual report

@reserves@
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc,
	vfio_pci_core_set_memtype};
@@
call(...)

// where the driver opens its devices, it would be seen
@opens@
@@
\(vfio_pci_core_enable\|vfio_pci_core_register_device\)(...)

@core depends on ever concerned && opens && !reserves exists@
identifier vma;
position p;
@@
vfio_pci_core_mmap(..., vma)
... when any
vma->vm_page_prot = <+... pgprot_writecombine@p(...) ...+>

@late depends on ever concerned exists@
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc};
position p;
@@
vfio_pci_core_enable(...)
... when != vfio_pci_core_disable(...)
call@p(...)

@wrap depends on ever concerned@
identifier w;
identifier call = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc};
@@
w(...)
{ <+... call(...) ...+> }

@later depends on ever concerned exists@
identifier wrap.w;
position p;
@@
vfio_pci_core_enable(...)
... when != vfio_pci_core_disable(...)
w@p(...)

@script:python depends on report@
p << core.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << late.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << later.p;
@@
coccilib.report.print_report(p[0], what2)

// ---- the driver's own mmap: are they frames of a BAR?
@combines depends on ever concerned && opens && !reserves@
expression v;
@@
v->vm_page_prot = <+... pgprot_writecombine(...) ...+>

@script:python@
@@
faults.clear()
tables.clear()
uses.clear()

// a BAR's address may be kept in a member
@kept depends on combines@
expression x;
identifier m;
@@
(
x->m = <+... pci_resource_start(...) ...+>
|
x.m = <+... pci_resource_start(...) ...+>
)

@used@
expression x;
identifier kept.m;
position p;
@@
\(x->m@p\|x.m@p\)

@script:python@
p << used.p;
@@
uses.add(p[0].current_element)

@table depends on ever combines@
identifier o, f;
@@
(
struct vm_operations_struct o = { ..., .fault = f, ... };
|
struct vm_operations_struct o = { ..., .huge_fault = f, ... };
|
struct vm_operations_struct o = { ..., .huge_fault = vm_ops_huge_fault(f), ... };
)

@script:python@
o << table.o;
f << table.f;
@@
faults.setdefault(o, set()).add(f)

@sets depends on ever combines@
expression v;
identifier o;
position p;
@@
v->vm_ops@p = &o

@script:python@
p << sets.p;
o << sets.o;
@@
tables.setdefault(p[0].current_element, set()).add(o)

@own depends on ever combines@
expression v;
position p != core.p;
@@
v->vm_page_prot = <+... pgprot_writecombine@p(...) ...+>

@script:python@
p << own.p;
@@
cocci.include_match(bool(maps_bar(p[0].current_element)))

@script:python depends on report@
p << own.p;
@@
coccilib.report.print_report(p[0], what1)

@initialize:python@
@@
what1 = "ERROR: [VPS-MEMT-02] nothing reserves the BAR as write-combining: this has no effect"
what2 = "ERROR: [VPS-MEMT-02] too late: after vfio_pci_core_enable() the BAR may be mapped uncached"
faults = {}
tables = {}
uses = set()

def below(functions):
    """These functions and whom they call, and so on."""
    seen, todo = set(), list(functions)
    while todo:
        f = todo.pop()
        if f not in seen:
            seen.add(f)
            todo += callees.get(f, ())
    return seen

def maps_bar(function):
    """Does it, or do the faults of the table that it sets, look at where a BAR is?"""
    near = below([function] + [f for o in tables.get(function, ()) for f in faults.get(o, ())])
    return "pci_resource_start" in near or near & uses
