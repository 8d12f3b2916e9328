// SPDX-License-Identifier: GPL-2.0-only
/// The driver passes on PCI errors
//
//# Id: VPS-RST-03
//# Group: reset
//# Severity: error
//# Reason: an error of the link or the device is reported to the pci_driver. Without .err_handler, or
//#   with handlers that have no error_detected, the user's error eventfd never fires and the guest goes
//#   on with a dead device.
//# Prevents: core_info_test error_interrupt: the eventfd is offered, so the driver must have it
//#   signalled
//# Fix: .err_handler = &vfio_pci_core_err_handlers, or handlers of its own with .error_detected =
//#   vfio_pci_core_aer_err_detected
//
// Confidence: High

virtual report
virtual patch

@registers@
@@
vfio_pci_core_register_device(...)

@said@
identifier d;
expression e;
position q;
@@
struct pci_driver d@q = { ..., .err_handler = e, ... };

@unsaid depends on registers@
identifier d;
position p != said.q;
@@
struct pci_driver d@p = { ... };

@detects@
identifier h;
expression e;
position q;
@@
struct pci_error_handlers h@q = { ..., .error_detected = e, ... };

@deaf depends on registers@
identifier h;
position p != detects.q;
@@
struct pci_error_handlers h@p = { ... };

@initialize:python@
@@
what1 = "ERROR: [VPS-RST-03] no .err_handler"
what2 = "ERROR: [VPS-RST-03] no .error_detected: the user is not told"
what3 = "ERROR: [VPS-RST-03] .error_detected does not call the core's: the user is not told"
telling = set()

@script:python@
p << unsaid.p;
d << unsaid.d;
@@
cocci.include_match((p[0].file, str(d)) not in no_vfio)

@script:python depends on report@
p << unsaid.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python@
p << deaf.p;
h << deaf.h;
@@
cocci.include_match((p[0].file, str(h)) not in no_vfio)

@script:python depends on report@
p << deaf.p;
@@
coccilib.report.print_report(p[0], what2)

@own depends on registers@
identifier h;
identifier f !~ "^vfio_pci_core_";
@@
struct pci_error_handlers h = { ..., .error_detected = f, ... };

// the core does it, or the driver signals by itself
@calls@
identifier own.f, g;
position q;
@@
f@q(...)
{ <+... g(...) ...+> }

@silent@
identifier own.f;
position p;
@@
f@p(...)
{ ... }

@script:python@
q << calls.q;
g << calls.g;
@@
# By the core, or by an eventfd of its own.
if "error_detected" in g or "err_detected" in g or "eventfd" in g:
    telling.add((q[0].file, q[0].line))

@script:python@
p << silent.p;
@@
cocci.include_match((p[0].file, p[0].line) not in telling)

@script:python depends on report@
p << silent.p;
@@
coccilib.report.print_report(p[0], what3)

@depends on patch@
identifier unsaid.d;
@@
  struct pci_driver d = {
    ...,
+   .err_handler = &vfio_pci_core_err_handlers,
  };

@depends on patch@
identifier deaf.h;
@@
  struct pci_error_handlers h = {
    ...,
+   .error_detected = vfio_pci_core_aer_err_detected,
  };
