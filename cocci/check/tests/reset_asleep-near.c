// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* a driver has no such function: the core's handlers wake the device */
static int acme_reset(struct vfio_pci_core_device *vdev)
{
	int ret;

	down_write(&vdev->memory_lock);
	unmap_mapping_range(vfio_pci_core_mapping(vdev), 0, 0, true);
	ret = pci_try_reset_function(vdev->pdev);
	up_write(&vdev->memory_lock);
	return ret;
}
