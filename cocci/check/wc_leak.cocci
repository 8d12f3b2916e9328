// SPDX-License-Identifier: GPL-2.0-only
/// A reservation of a memory type ends on every path
//
//# Id: VPS-MEMT-03
//# Group: memtype
//# Severity: error
//# Reason: the reservation belongs to the range, not to the driver: if it leaks, the next driver of
//#   the device gets write-combining registers, and after an unplug so does any device that gets
//#   the addresses. arch_io_free_memtype_wc() wants exactly the range that was reserved.
//# Prevents: /sys/kernel/debug/x86/pat_memtype_list after close; wc-bar_test
//# Fix: arch_io_free_memtype_wc() after the core's close_device, and on each error path of open;
//#   vfio_pci_core_set_memtype() needs none
//
// Confidence: High

virtual report

@reserves@
@@
\(arch_io_reserve_memtype_wc\|arch_phys_wc_add\)(...)

@script:python@
@@
active.clear()

@script:python depends on reserves@
@@
active.add(True)

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

// the same through functions of the driver
@wrap depends on frees@
identifier w;
@@
w(...)
{ <+... arch_io_reserve_memtype_wc(...) ...+> }

@unwrap depends on frees@
identifier u;
@@
u(...)
{ <+... arch_io_free_memtype_wc(...) ...+> }

@through depends on frees exists@
expression ret, r2;
identifier wrap.w, unwrap.u, g;
statement S;
position p;
@@
ret = w@p(...);
if (\(ret\|ret < 0\|ret != 0\)) S
... when != arch_io_free_memtype_wc(...)
    when != u(...)
r2 = g(...);
if (\(r2\|r2 < 0\|r2 != 0\)) {
  ... when != arch_io_free_memtype_wc(...)
      when != u(...)
  return r2;
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MEMT-03] nothing frees this reservation"
what3 = "ERROR: [VPS-MEMT-03] open reserves this, and close_device does not free it"
active = set()

def stays(function):
    """Is it reserved by open, and freed by nobody who closes the device?"""
    opens = set()
    for f in above(function, set()):
        opens |= below(f, set())
    closing = [f for f in callees if "vfio_pci_core_close_device" in callees[f]]
    return bool(closing) and "vfio_pci_core_enable" in opens and not any(
        below(f, set()) & {"arch_io_free_memtype_wc", "arch_phys_wc_del"} for f in closing)

what2 = "ERROR: [VPS-MEMT-03] an error path after this keeps the reservation"

@script:python depends on report@
p << never_freed.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << path.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << through.p;
@@
coccilib.report.print_report(p[0], what2)

@kept depends on ever frees@
position p;
@@
\(arch_io_reserve_memtype_wc@p\|arch_phys_wc_add@p\)(...)

@script:python@
p << kept.p;
@@
cocci.include_match(bool(active) and stays(p[0].current_element))

@script:python depends on report@
p << kept.p;
@@
coccilib.report.print_report(p[0], what3)
