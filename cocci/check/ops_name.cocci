// SPDX-License-Identifier: GPL-2.0-only
/// The ops have the driver's name
//
//# Id: VPS-LIFE-10
//# Group: lifetime
//# Severity: error
//# Reason: the core binds the VFs of a PF that it owns by writing vfio_device_ops.name to their
//#   driver_override. When that is not the pci_driver's name, the VFs are bound to nothing, or to
//#   another driver.
//# Prevents: core_sriov_test token
//# Fix: one name for both: KBUILD_MODNAME (or one string)
//
// Confidence: High

virtual report

@vfs@
identifier d;
expression e, f;
position p;
@@
struct pci_driver d@p = { ..., .name = e, ..., .sriov_configure = f, ... };

@named@
identifier ops;
expression e;
position p;
@@
struct vfio_device_ops ops@p = { ..., .name = e, ... };

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-10] the pci_driver's name is %s"
names = {}

def differ(a, b):
    # In KBUILD_MODNAME each "-" of the module has become "_"; its name only the build knows.
    if (a == "KBUILD_MODNAME") != (b == "KBUILD_MODNAME"):
        return "-" in a + b
    return a != b

@script:python@
p << vfs.p;
d << vfs.d;
@@
cocci.include_match((p[0].file, str(d)) not in no_vfio)

@script:python@
a << vfs.e;
b << named.e;
p << named.p;
@@
cocci.include_match(differ(str(a), str(b)))

@script:python depends on report@
p << named.p;
e << vfs.e;
@@
coccilib.report.print_report(p[0], what % e)
