// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static long acme_move(struct acme_device *acme, unsigned long arg)
{
	struct acme_range range;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	if (range.offset + range.length > acme->size) // finds VPS-INPUT-05
		return -EINVAL;
	return acme_move_range(acme, &range);
}
