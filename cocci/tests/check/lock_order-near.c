// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* one after the other */
static void acme_mask(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	acme_quiesce(vdev);
	up_write(&vdev->memory_lock);
	mutex_lock(&vdev->igate);
	acme_mask_all(vdev);
	mutex_unlock(&vdev->igate);
	mutex_lock(&vdev->vdev.dev_set->lock);
	acme_count(vdev->vdev.dev_set);
	mutex_unlock(&vdev->vdev.dev_set->lock);
}
