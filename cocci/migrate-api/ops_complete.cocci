// SPDX-License-Identifier: GPL-2.0-only
/// Give vfio_device_ops of a PCI device every callback that the newest vfio.ko asks for
//
// Confidence: High
// Options: --no-includes
// Comments: without the iommufd callbacks a device cannot be opened through /dev/vfio/devices, without
//	match_token_uuid 7.x knows of no VF token. The SDK's initialiser macro leaves out what a kernel
//	does not have; without it these lines are for the kernels that have the members.

virtual patch

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
