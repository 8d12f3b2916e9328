// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static ssize_t acme_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			 loff_t *ppos)
{
	struct acme_device *acme = to_acme(core_vdev);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;

	if (pos >= acme->size)
		return -EINVAL;
	count = min_t(size_t, count, acme->size - pos);
	if (copy_to_user(buf, acme->window + pos, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

static struct vfio_pci_core_device *acme_core;
