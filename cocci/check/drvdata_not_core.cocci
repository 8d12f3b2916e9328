// SPDX-License-Identifier: GPL-2.0-only
/// The device's drvdata is its struct vfio_pci_core_device
//
//# Id: VPS-LIFE-03
//# Group: lifetime
//# Severity: error
//# Reason: the core's error handlers, its SR-IOV code and pci_driver callbacks of other files take
//#   dev_get_drvdata() for a struct vfio_pci_core_device; vfio_pci_core_register_device() warns and
//#   fails when it is something else.
//# Prevents: a WARN and -EINVAL at probe; core_bind_test bind_and_unbind
//# Fix: dev_set_drvdata(&pdev->dev, &priv->core_device), before vfio_pci_core_register_device()
//
// Confidence: High

virtual report

@alloc@
identifier S, member;
expression dev, ops;
@@
vfio_alloc_device(S, member.vdev, dev, ops)

@set@
identifier alloc.S;
struct S *outer;
expression dev;
position p;
@@
(
dev_set_drvdata@p(dev, outer)
|
pci_set_drvdata@p(dev, outer)
)

@some@
@@
\(dev_set_drvdata\|pci_set_drvdata\)(...)

// or the core's own, when it needs no more
@plain@
@@
vfio_alloc_device(...)

@unset depends on plain && !some@
position p;
@@
vfio_pci_core_register_device@p(...)

@initialize:python@
@@
what1 = "ERROR: [VPS-LIFE-03] drvdata is the driver's own structure"
what2 = "ERROR: [VPS-LIFE-03] drvdata was never set"

@script:python depends on report@
p << set.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << unset.p;
@@
coccilib.report.print_report(p[0], what2)
