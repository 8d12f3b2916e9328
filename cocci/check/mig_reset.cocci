// SPDX-License-Identifier: GPL-2.0-only
/// A reset brings the migration state back to RUNNING
//
//# Id: VPS-MIG-02
//# Group: migration
//# Severity: error
//# Reason: VFIO_DEVICE_RESET promises the RUNNING state and is the only way out of ERROR. A driver with
//#   migration that does not hear of resets keeps its state, and the files of the state that was.
//# Prevents: a device in ERROR that no reset brings back, and files that hold the state of before it
//# Fix: struct pci_error_handlers with .reset_done that sets the state and disables the files
//
// Confidence: High

virtual report

@migrates depends on ever concerned@
expression v, e;
@@
(
v->mig_ops = e
|
v.mig_ops = e
)

// the core's handlers know of the core's own
@core@
@@
struct pci_error_handlers vfio_pci_core_err_handlers = { ... };

@plain depends on migrates && !core@
identifier d;
symbol vfio_pci_core_err_handlers;
position p;
@@
struct pci_driver d@p = { ..., .err_handler = &vfio_pci_core_err_handlers, ... };

@handled@
identifier d;
expression e;
position q;
@@
struct pci_driver d@q = { ..., .err_handler = e, ... };

@alone depends on migrates@
identifier d;
position p != handled.q;
@@
struct pci_driver d@p = { ... };

@hears@
identifier h;
expression e;
position q;
@@
struct pci_error_handlers h@q = { ..., .reset_done = e, ... };

@deaf depends on migrates@
identifier h;
position p != hears.q;
@@
struct pci_error_handlers h@p = { ... };

@initialize:python@
@@
what1 = "ERROR: [VPS-MIG-02] the core's handlers know nothing of the driver's migration state"
what3 = "ERROR: [VPS-MIG-02] no .err_handler: nobody hears of a reset"
what2 = "ERROR: [VPS-MIG-02] no .reset_done"

@script:python depends on report@
p << plain.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << alone.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on report@
p << deaf.p;
@@
coccilib.report.print_report(p[0], what2)
