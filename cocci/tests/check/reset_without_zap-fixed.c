// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static long acme_restart(struct vfio_pci_core_device *vdev)
{
	int ret;

	down_write(&vdev->memory_lock);
	vfio_pci_core_zap_region(vdev, VFIO_PCI_BAR0_REGION_INDEX);
	ret = pci_try_reset_function(vdev->pdev);
	up_write(&vdev->memory_lock);
	return ret;
}

static long acme_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	return vfio_pci_core_ioctl(core_vdev, cmd == ACME_RESTART ? VFIO_DEVICE_RESET : cmd, arg);
}
