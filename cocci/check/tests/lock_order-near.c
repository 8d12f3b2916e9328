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

static void acme_drain(struct acme_device *acme)
{
	mutex_lock(&acme->core_device.igate);
	acme_mask_all(&acme->core_device);
	mutex_unlock(&acme->core_device.igate);
}

/* the block ends before, and the lock is held on some paths only, those that release it */
static void acme_command(struct acme_device *acme, bool decode)
{
	scoped_guard(rwsem_write, &acme->core_device.memory_lock)
		acme_stop(acme);
	mutex_lock(&acme->core_device.igate);
	acme_mask_all(&acme->core_device);
	mutex_unlock(&acme->core_device.igate);

	if (decode)
		down_write(&acme->core_device.memory_lock);
	acme_write_command(acme);
	if (decode)
		up_write(&acme->core_device.memory_lock);
	acme_drain(acme);
}

/* a mutex of the driver's own */
static void acme_count_all(struct acme_device *acme)
{
	guard(rwsem_read)(&acme->core_device.memory_lock);
	guard(mutex)(&acme->lock);
	acme_count(acme->core_device.vdev.dev_set);
}
