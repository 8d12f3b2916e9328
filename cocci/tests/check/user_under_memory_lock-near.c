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
