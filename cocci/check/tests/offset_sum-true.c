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

/* kept, before it is compared */
static long acme_swap(struct acme_device *acme, unsigned long arg)
{
	struct acme_range range;
	u64 end;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	end = range.offset + range.length; // finds VPS-INPUT-05
	if (end > acme->size)
		return -EINVAL;
	return acme_swap_range(acme, range.offset, end);
}

static long acme_swap_one(struct acme_device *acme, unsigned long arg)
{
	struct acme_range *range = memdup_user((void __user *)arg, sizeof(*range));

	if (IS_ERR(range))
		return PTR_ERR(range);

	u64 end = range->offset + range->length; // finds VPS-INPUT-05

	return end > acme->size ? -EINVAL : acme_take_range(acme, range, end);
}

/* into what is allocated already */
static long acme_copy_range(struct acme_device *acme, unsigned long arg)
{
	struct acme_range *range = acme->range;

	if (copy_from_user(range, (void __user *)arg, sizeof(*range)))
		return -EFAULT;
	if (acme->size <= range->offset + range->length) // finds VPS-INPUT-05
		return -EINVAL;
	return acme_move_range(acme, range);
}
