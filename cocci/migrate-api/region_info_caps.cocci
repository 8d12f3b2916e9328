// SPDX-License-Identifier: GPL-2.0-only
/// Find GET_REGION_INFO handled inside .ioctl, which 7.x never asks
//
// Confidence: High
// Options: --no-includes
// Comments: vfio.ko itself copies the argument in and out from 7.0 on and calls .get_region_info_caps. The
//	body of the case becomes that callback, without its copy_from_user() and copy_to_user().

virtual context, org, report

@handler@
identifier o, fn;
@@
  struct vfio_device_ops o = { ..., .ioctl = fn, ... };

@depends on context@
identifier handler.fn;
@@
  fn(...)
  {
  <+...
* VFIO_DEVICE_GET_REGION_INFO
  ...+>
  }

@uses depends on org || report@
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

@script:python depends on org@
p << uses.p;
@@
coccilib.org.print_todo(p[0], "move VFIO_DEVICE_GET_REGION_INFO to .get_region_info_caps")
