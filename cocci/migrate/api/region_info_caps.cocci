// SPDX-License-Identifier: GPL-2.0-only
/// Find GET_REGION_INFO handled inside .ioctl, which 7.x never asks
//
// Confidence: High
// Options: --no-includes
// Comments: vfio.ko itself copies the argument in and out from 7.0 on and calls .get_region_info_caps. The
//	body of the case becomes that callback, without its copy_from_user() and copy_to_user().

virtual report

@handler@
identifier o, fn;
@@
  struct vfio_device_ops o = { ..., .ioctl = fn, ... };

@uses depends on report@
identifier handler.fn;
position p;
@@
  fn(...)
  {
  <+...
  VFIO_DEVICE_GET_REGION_INFO@p
  ...+>
  }

@script:python depends on report@
p << uses.p;
fn << handler.fn;
@@
coccilib.report.print_report(p[0], "%s() handles VFIO_DEVICE_GET_REGION_INFO: move it to .get_region_info_caps, "
                             "7.x does not ask .ioctl" % fn)

