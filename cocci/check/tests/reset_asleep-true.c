// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_reset(struct vfio_pci_core_device *vdev)
{
	int ret;

	down_write(&vdev->memory_lock);
	unmap_mapping_range(vfio_pci_core_mapping(vdev), 0, 0, true);
	ret = pci_try_reset_function(vdev->pdev); // finds VPS-RST-07
	up_write(&vdev->memory_lock);
	return ret;
}

static int acme_sleep(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_set_power_state(vdev, PCI_D3hot);
}
