// SPDX-License-Identifier: GPL-2.0-only
/// The driver has no dev_pm_ops of its own
//
//# Id: VPS-RST-04
//# Group: reset
//# Severity: error
//# Reason: vfio_pci_core_register_device() replaces driver.pm by the core's: callbacks that the driver
//#   puts there never run. What it wants to do at suspend and resume is lost in silence.
//# Prevents: core_power_test low_power: suspend and resume are the core's
//# Fix: pci_ops->access_revoke and access_restore; or .reset_prepare and .reset_done, if it is about
//#   resets
//
// Confidence: High

virtual report

@registers@
@@
vfio_pci_core_register_device(...)

@pm depends on registers@
identifier d;
expression e;
position p;
@@
(
struct pci_driver d@p = { ..., .driver.pm = e, ... };
|
struct pci_driver d@p = { ..., .driver = { ..., .pm = e, ... }, ... };
)

@initialize:python@
@@
what = "ERROR: [VPS-RST-04] the core replaces .driver.pm"

@script:python depends on report@
p << pm.p;
@@
coccilib.report.print_report(p[0], what)
