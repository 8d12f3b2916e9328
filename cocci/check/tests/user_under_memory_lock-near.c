// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_get(struct vfio_pci_core_device *vdev, void __iomem *io, u32 __user *to)
{
	u32 val = ~0;

	scoped_guard(rwsem_read, &vdev->memory_lock) {
		if (!vdev->pm_runtime_engaged)
			val = ioread32(io);
	}
	/* the lock went with its block */
	return put_user(val, to);
}

/* another lock */
static int acme_log(struct acme_device *acme, char __user *buf, size_t count)
{
	guard(mutex)(&acme->log_lock);
	return copy_to_user(buf, acme->log, min(count, sizeof(acme->log))) ? -EFAULT : 0;
}

/* only without access is the user told at once */
static int acme_get_by_core(struct vfio_pci_core_device *vdev, void __iomem *io, u32 __user *to)
{
	u32 val;

	if (vfio_pci_core_access_begin(vdev))
		return put_user(~0, to);
	val = ioread32(io);
	vfio_pci_core_access_end(vdev);
	return put_user(val, to);
}

static int acme_begin(struct acme_device *acme)
{
	return vfio_pci_core_access_begin(&acme->core_device);
}

static int acme_get_two(struct acme_device *acme, u32 __user *to)
{
	u32 val;

	if (acme_begin(acme))
		return put_user(~0, to);
	val = ioread32(acme->io);
	vfio_pci_core_access_end(&acme->core_device);
	return put_user(val, to);
}
