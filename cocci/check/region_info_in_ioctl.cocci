// SPDX-License-Identifier: GPL-2.0-only
/// GET_REGION_INFO is answered where the kernel asks
//
//# Id: VPS-LIFE-02
//# Group: lifetime
//# Severity: error
//# Reason: since 7.0 vfio answers VFIO_DEVICE_GET_REGION_INFO by .get_region_info_caps and never passes
//#   it to .ioctl: what the driver says there about its regions is dead code, and user space gets the
//#   core's answer or an error.
//# Prevents: the sizes and flags of nvgrace-gpu's, hisilicon's and virtio's own regions had to move
//#   when vfio did this; core_info_test regions
//# Fix: implement .get_region_info_caps (cocci/migrate/api/region_info_caps.cocci names the places);
//#   the SDK calls it on old kernels as well
//
// Confidence: High

virtual report
virtual has_get_region_info_caps

@handled depends on ever concerned && has_get_region_info_caps@
identifier f, core_vdev, cmd;
position p;
@@
f(struct vfio_device *core_vdev, unsigned int cmd, ...)
{
  <+...
(
  switch (cmd) { case VFIO_DEVICE_GET_REGION_INFO@p: ... }
|
  cmd == VFIO_DEVICE_GET_REGION_INFO@p
|
  cmd != VFIO_DEVICE_GET_REGION_INFO@p
)
  ...+>
}

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-02] vfio no longer passes GET_REGION_INFO to .ioctl"

@script:python depends on report@
p << handled.p;
@@
coccilib.report.print_report(p[0], what)
