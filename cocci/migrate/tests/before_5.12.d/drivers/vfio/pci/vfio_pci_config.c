// SPDX-License-Identifier: GPL-2.0-only
#include "vfio_pci_private.h"

void vfio_command_written(struct vfio_pci_device *vdev, bool memory)
{
	if (memory) {
		down_write(&vdev->memory_lock);
	} else {
		/* Zaps before it takes memory_lock: see vma_lock in the core */
		vfio_pci_zap_and_down_write_memory_lock(vdev);
	}
	vendor_set_command(vdev, memory);
	up_write(&vdev->memory_lock);
}
