// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* locks, but leaves the mappings */
static long acme_flr(struct vfio_pci_core_device *vdev)
{
	int ret;

	vfio_pci_core_access_lock(vdev);
	ret = pcie_flr(vdev->pdev); // finds VPS-RST-01
	vfio_pci_core_access_unlock(vdev);
	return ret;
}

static long acme_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);

	if (cmd == ACME_RESTART)
		return pci_try_reset_function(vdev->pdev); // finds VPS-RST-01
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}
