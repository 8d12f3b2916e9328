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

static void acme_drain(struct acme_device *acme)
{
	guard(mutex)(&acme->core_device.igate);
	acme_mask_all(&acme->core_device);
}

static void acme_reset(struct acme_device *acme)
{
	struct vfio_device_set *set = acme->core_device.vdev.dev_set;

	scoped_guard(rwsem_write, &acme->core_device.memory_lock) {
		acme_drain(acme); // finds VPS-MMAP-11
		mutex_lock(&set->lock); // finds VPS-MMAP-11
		acme_count(set);
		mutex_unlock(&set->lock);
	}
}

static int acme_read_under_it(struct acme_device *acme)
{
	int ret = vfio_pci_core_access_begin(&acme->core_device);

	if (ret)
		return ret;
	mutex_lock(&acme->core_device.igate); // finds VPS-MMAP-11
	ret = ioread32(acme->io);
	mutex_unlock(&acme->core_device.igate);
	vfio_pci_core_access_end(&acme->core_device);
	return ret;
}
