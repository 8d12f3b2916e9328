// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* one register, of one size */
static ssize_t acme_region_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			      loff_t *ppos, bool iswrite)
{
	u32 val;

	if (!iswrite || count != sizeof(val))
		return -EINVAL;
	if (copy_from_user(&val, buf, count))
		return -EFAULT;
	return acme_command(vdev, val) ?: count;
}

/* a helper: its callers have checked */
static int acme_copy(struct acme_device *acme, char __user *buf, size_t count, loff_t *ppos)
{
	return copy_to_user(buf, acme->window + *ppos, count) ? -EFAULT : 0;
}
