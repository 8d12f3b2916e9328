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

static long acme_restart_core(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_core_reset_function(vdev);
}

static long acme_restart_revoked(struct vfio_pci_core_device *vdev)
{
	int ret;

	vfio_pci_core_access_revoke(vdev);
	ret = __pci_reset_function_locked(vdev->pdev);
	vfio_pci_core_access_restore(vdev);
	return ret;
}

static long acme_restart_locked(struct vfio_pci_core_device *vdev)
{
	int ret;

	vfio_pci_core_access_lock(vdev);
	vfio_pci_core_zap_region(vdev, VFIO_PCI_BAR0_REGION_INDEX);
	ret = pci_try_reset_function(vdev->pdev);
	vfio_pci_core_access_restore(vdev);
	return ret;
}

static long acme_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	return vfio_pci_core_ioctl(core_vdev, cmd == ACME_RESTART ? VFIO_DEVICE_RESET : cmd, arg);
}
