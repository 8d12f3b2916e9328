// SPDX-License-Identifier: GPL-2.0-only
// review: without get_region_info_caps
// review: without match_token_uuid
#include <linux/vfio_pci_core.h>

/* all that an older kernel has; the macro is complete everywhere */
static const struct vfio_device_ops acme_ops = {
	.name = "acme-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = acme_open_device,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

DEFINE_VFIO_PCI_OPS(acme_other_ops,
	.name = KBUILD_MODNAME,
	.mmap = acme_mmap,
);
