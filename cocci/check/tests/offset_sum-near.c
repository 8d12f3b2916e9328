// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* looked at before they are added */
static long acme_move(struct acme_device *acme, unsigned long arg)
{
	struct acme_range range;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	if (range.offset >= acme->size)
		return -EINVAL;
	if (range.length > acme->size)
		return -EINVAL;
	if (range.offset + range.length > acme->size)
		return -EINVAL;
	return acme_move_range(acme, &range);
}

/* 32-bit members, added as 64-bit numbers */
static long acme_swap(struct acme_device *acme, unsigned long arg)
{
	struct acme_small_range range;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	if ((u64)range.offset + range.length > acme->size)
		return -EINVAL;
	return acme_swap_range(acme, &range);
}

/* each is compared first, and the sum is not from the user any more */
static long acme_fold(struct acme_device *acme, unsigned long arg)
{
	struct acme_range *range = memdup_user((void __user *)arg, sizeof(*range));
	u64 end;

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (range->offset > acme->size || range->length > acme->size - range->offset) {
		kfree(range);
		return -EINVAL;
	}
	end = range->offset + range->length;
	if (end > acme->folded)
		acme->folded = end;
	kfree(range);
	return 0;
}
