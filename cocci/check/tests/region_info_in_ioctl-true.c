// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static long acme_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_REGION_INFO: // finds VPS-LIFE-02
		return acme_get_region_info(vdev, arg);
	default:
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);
	}
}

static long acme_other_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == VFIO_DEVICE_GET_REGION_INFO) // finds VPS-LIFE-02
		return acme_get_region_info(core_vdev, arg);
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}
