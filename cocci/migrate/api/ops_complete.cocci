// SPDX-License-Identifier: GPL-2.0-only
/// Give vfio_device_ops of a PCI device every callback that the newest vfio.ko asks for
//
// Confidence: High
// Options: --no-includes
// Comments: without the iommufd callbacks a device cannot be opened through /dev/vfio/devices, without
//	match_token_uuid 7.x knows of no VF token, and without get_region_info_caps it fails
//	VFIO_DEVICE_GET_REGION_INFO, which it does not pass to .ioctl. The SDK's initialiser macro leaves out what a kernel
//	does not have; without it these lines are for the kernels that have the members.

virtual patch, report

@initialize:python@
@@
ANSWERS, PASSES, HAVE = set(), set(), set()

def asks_core(fn):
    return str(fn) == "vfio_pci_core_ioctl" or fn in PASSES and fn not in ANSWERS

@pci@
identifier o;
@@
  struct vfio_device_ops o = { ..., .match = vfio_pci_core_match, ... };

@iommufd@
identifier pci.o;
expression e;
@@
  struct vfio_device_ops o = { ..., .bind_iommufd = e, ... };

@depends on patch && pci && !iommufd@
identifier pci.o;
@@
  struct vfio_device_ops o = {
    ...,
    .match = vfio_pci_core_match,
+   .bind_iommufd = vfio_iommufd_physical_bind,
+   .unbind_iommufd = vfio_iommufd_physical_unbind,
+   .attach_ioas = vfio_iommufd_physical_attach_ioas,
+   .detach_ioas = vfio_iommufd_physical_detach_ioas,
    ...
  };

@pasid@
identifier pci.o;
expression e;
@@
  struct vfio_device_ops o = { ..., .pasid_attach_ioas = e, ... };

@depends on patch && pci && !pasid@
identifier pci.o;
@@
  struct vfio_device_ops o = {
    ...,
    .detach_ioas = vfio_iommufd_physical_detach_ioas,
+   .pasid_attach_ioas = vfio_iommufd_physical_pasid_attach_ioas,
+   .pasid_detach_ioas = vfio_iommufd_physical_pasid_detach_ioas,
    ...
  };

@token@
identifier pci.o;
expression e;
@@
  struct vfio_device_ops o = { ..., .match_token_uuid = e, ... };

@depends on patch && pci && !token@
identifier pci.o;
@@
  struct vfio_device_ops o = {
    ...,
    .match = vfio_pci_core_match,
+   .match_token_uuid = vfio_pci_core_match_token_uuid,
    ...
  };

// ---- VFIO_DEVICE_GET_REGION_INFO, where the core is who answers

@answers@
position p;
@@
  VFIO_DEVICE_GET_REGION_INFO@p

@script:python@
p << answers.p;
@@
ANSWERS.add(p[0].current_element)

@passes@
position p;
@@
  vfio_pci_core_ioctl@p(...)

@script:python@
p << passes.p;
@@
PASSES.add(p[0].current_element)

@caps@
identifier o;
expression e;
@@
  struct vfio_device_ops o = { ..., .get_region_info_caps = e, ... };

@script:python@
o << caps.o;
@@
HAVE.add(str(o))

@asked depends on report@
identifier t, f;
position p;
@@
  struct vfio_device_ops t@p = { ..., .ioctl = f, ... };

@script:python@
p << asked.p;
t << asked.t;
f << asked.f;
@@
if str(t) not in HAVE and not asks_core(str(f)) and str(f) not in ANSWERS:
    coccilib.report.print_report(p[0], "%s has no get_region_info_caps, and what %s() answers to "
                                 "VFIO_DEVICE_GET_REGION_INFO is not to be seen here: 7.x does not ask .ioctl" % (t, f))

@depends on patch@
identifier o : script:python() { o not in HAVE };
identifier fn : script:python() { asks_core(fn) };
@@
  struct vfio_device_ops o = {
    ...,
    .ioctl = fn,
+   .get_region_info_caps = vfio_pci_ioctl_get_region_info,
    ...
  };
