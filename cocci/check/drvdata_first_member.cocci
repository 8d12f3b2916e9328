// SPDX-License-Identifier: GPL-2.0-only
/// The driver's structure is found by container_of(), not by a cast
//
//# Id: VPS-LIFE-04
//# Group: lifetime
//# Severity: warning
//# Reason: drvdata points to the core's structure. Read as the driver's own, it works as long as the
//#   core's is the first member, which only vfio_alloc_device() insists on, in another place and for
//#   another reason.
//# Prevents: reads of the wrong memory, once a member is added before the core's in a driver that
//#   allocates by itself
//# Fix: struct vfio_pci_core_device *core = dev_get_drvdata(...), then container_of()
//
// Confidence: High

virtual report

@alloc@
identifier S, member;
expression dev, ops;
@@
vfio_alloc_device(S, member.vdev, dev, ops)

@assign@
identifier alloc.S;
struct S *outer;
expression dev;
position p;
@@
outer = \(dev_get_drvdata@p\|pci_get_drvdata@p\)(dev)

@declare@
identifier alloc.S;
identifier x;
expression dev;
position p;
@@
struct S *x = \(dev_get_drvdata@p\|pci_get_drvdata@p\)(dev);

@cast@
identifier alloc.S;
struct vfio_device *v;
struct vfio_pci_core_device *c;
position p;
@@
\((struct S *)v@p\|(struct S *)c@p\)

@initialize:python@
@@
what1 = "WARNING: [VPS-LIFE-04] drvdata is the core's structure, and read as the driver's"
what2 = "WARNING: [VPS-LIFE-04] drvdata is the core's structure, and read as the driver's"
what3 = "WARNING: [VPS-LIFE-04] the core's structure is cast to the driver's"

@script:python depends on report@
p << assign.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << declare.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << cast.p;
@@
coccilib.report.print_report(p[0], what3)
