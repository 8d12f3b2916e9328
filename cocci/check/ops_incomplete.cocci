// SPDX-License-Identifier: GPL-2.0-only
/// vfio_device_ops has every callback that this kernel's vfio calls for a PCI device
//
//# Id: VPS-LIFE-01
//# Group: lifetime
//# Severity: error
//# Reason: a callback that is NULL is a feature that silently is not there (device_feature: low power;
//#   the iommufd ones: /dev/vfio/devices) or an oops (match_token_uuid, which 7.x's
//#   vfio_pci_core_match() calls unasked).
//# Prevents: "vfio/pds: Fix missing detach_ioas op"; "vfio/pci: Fix vf_token mechanism when
//#   device-specific VF drivers are used"
//# Fix: define the ops with DEFINE_VFIO_PCI_OPS(), which fills in what a kernel wants; in the kernel's
//#   tree, name the core's function
//
// Confidence: High
// Comments: has_NAME says that the kernel's headers have NAME.

virtual report
virtual has_bind_iommufd, has_get_region_info_caps, has_match_token_uuid

@pci@
identifier f =~ "^vfio_pci_core_";
identifier ops, m;
position p;
@@
struct vfio_device_ops ops@p = { ..., .m = f, ... };

@table@
identifier ops;
position p;
@@
struct vfio_device_ops ops@p = { ... };

@member@
identifier ops, m;
expression e;
position p;
@@
struct vfio_device_ops ops@p = { ..., .m = e, ... };

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-01] the ops lack .%s"
always = ["name", "init", "release", "open_device", "close_device", "ioctl", "device_feature", "read",
    "write", "request", "match"]
iommufd = ["bind_iommufd", "unbind_iommufd", "attach_ioas", "detach_ioas"]
given = {}
wanted = {}

def missing(ops):
    # What the runner writes DEFINE_VFIO_PCI_OPS() out to: the core has what is not given.
    if "vfio_pci_ops" in given.get((ops.file, ops.line), []):
        return []
    return [m for m in always + sorted(wanted) if m not in given.get((ops.file, ops.line), [])]

@script:python depends on has_bind_iommufd@
@@
wanted.update(dict.fromkeys(iommufd))

@script:python depends on has_get_region_info_caps@
@@
wanted["get_region_info_caps"] = None

@script:python depends on has_match_token_uuid@
@@
wanted["match_token_uuid"] = None

@script:python@
p << member.p;
m << member.m;
@@
given.setdefault((p[0].file, p[0].line), []).append(m)

@script:python@
p << pci.p;
@@
cocci.include_match(missing(p[0]) != [])

@script:python depends on report@
p << pci.p;
@@
coccilib.report.print_report(p[0], what % ", .".join(missing(p[0])))
