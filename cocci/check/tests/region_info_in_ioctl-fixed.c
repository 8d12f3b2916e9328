// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_get_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);

	if (info->index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_ioctl_get_region_info(core_vdev, info, caps);
	return acme_window_info(vdev, info);
}
