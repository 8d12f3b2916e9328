// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static long acme_move(struct acme_device *acme, unsigned long arg)
{
	struct acme_range range;
	u64 end;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	if (check_add_overflow(range.offset, range.length, &end) || end > acme->size)
		return -EINVAL;
	return acme_move_range(acme, &range);
}

static long acme_swap_one(struct acme_device *acme, unsigned long arg)
{
	struct acme_range *range = memdup_user((void __user *)arg, sizeof(*range));
	u64 end;

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (check_add_overflow(range->offset, range->length, &end) || end > acme->size) {
		kfree(range);
		return -EINVAL;
	}
	return acme_take_range(acme, range, end);
}
