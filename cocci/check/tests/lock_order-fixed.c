// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_mask(struct vfio_pci_core_device *vdev)
{
	mutex_lock(&vdev->igate);
	down_write(&vdev->memory_lock);
	acme_mask_all(vdev);
	up_write(&vdev->memory_lock);
	mutex_unlock(&vdev->igate);
}

static void acme_unmask(struct acme_device *acme)
{
	mutex_lock(&acme->core_device.vdev.dev_set->lock);
	mutex_lock(&acme->core_device.igate);
	acme_unmask_all(acme);
	mutex_unlock(&acme->core_device.igate);
	mutex_unlock(&acme->core_device.vdev.dev_set->lock);
}

static void acme_drain(struct acme_device *acme)
{
	guard(mutex)(&acme->core_device.igate);
	acme_mask_all(&acme->core_device);
}

static void acme_reset(struct acme_device *acme)
{
	struct vfio_device_set *set = acme->core_device.vdev.dev_set;

	mutex_lock(&set->lock);
	acme_count(set);
	mutex_unlock(&set->lock);
	acme_drain(acme);
	scoped_guard(rwsem_write, &acme->core_device.memory_lock)
		acme_stop(acme);
}

static int acme_read_under_it(struct acme_device *acme)
{
	int ret;

	mutex_lock(&acme->core_device.igate);
	ret = vfio_pci_core_access_begin(&acme->core_device);
	if (!ret) {
		ret = ioread32(acme->io);
		vfio_pci_core_access_end(&acme->core_device);
	}
	mutex_unlock(&acme->core_device.igate);
	return ret;
}
