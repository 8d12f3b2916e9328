// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_mask(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	mutex_lock(&vdev->igate); // finds VPS-MMAP-11
	acme_mask_all(vdev);
	mutex_unlock(&vdev->igate);
	up_write(&vdev->memory_lock);
}

static void acme_unmask(struct acme_device *acme)
{
	mutex_lock(&acme->core_device.igate);
	mutex_lock(&acme->core_device.vdev.dev_set->lock); // finds VPS-MMAP-11
	acme_unmask_all(acme);
	mutex_unlock(&acme->core_device.vdev.dev_set->lock);
	mutex_unlock(&acme->core_device.igate);
}
