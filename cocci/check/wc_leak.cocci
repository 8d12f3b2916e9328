// SPDX-License-Identifier: GPL-2.0-only
/// A reservation of a memory type ends on every path
//
//# Id: VPS-MEMT-03
//# Group: memtype
//# Severity: error
//# Reason: the reservation is the range's, not the driver's: left behind, the next driver of the device
//#   gets write-combining registers, and after an unplug whoever gets the addresses.
//#   arch_io_free_memtype_wc() wants exactly the range that was reserved.
//# Prevents: /sys/kernel/debug/x86/pat_memtype_list after close; wc-bar_test
//# Mend: arch_io_free_memtype_wc() after the core's close_device, and on each error path of open;
//#   vfio_pci_core_set_memtype() needs none
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@frees@
@@
\(arch_io_free_memtype_wc\|arch_phys_wc_del\)(...)

@never_freed depends on !frees@
position p;
@@
\(arch_io_reserve_memtype_wc@p\|arch_phys_wc_add@p\)(...)

@frees_too@
identifier f;
position q;
@@
f@q(...)
{ <+... \(arch_io_free_memtype_wc\|arch_phys_wc_del\)(...) ...+> }

@path depends on frees exists@
expression ret, r2;
identifier g;
position p;
@@
ret = arch_io_reserve_memtype_wc@p(...);
if (\(ret\|ret < 0\|ret != 0\)) { ... return ...; }
... when != arch_io_free_memtype_wc(...)
r2 = g(...);
if (\(r2\|r2 < 0\|r2 != 0\)) {
  ... when != arch_io_free_memtype_wc(...)
  return r2;
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MEMT-03] nothing frees this reservation"
what2 = "ERROR: [VPS-MEMT-03] an error path after this keeps the reservation"

@script:python depends on report@
p << never_freed.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << never_freed.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
identifier c;
position never_freed.p;
@@
* c@p(...)

@script:python depends on report@
p << path.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << path.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position path.p;
@@
* c@p(...)
