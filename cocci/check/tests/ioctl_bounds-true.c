// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static long acme_set_queue(struct acme_device *acme, unsigned long arg)
{
	struct acme_queue queue;

	if (copy_from_user(&queue, (void __user *)arg, sizeof(queue)))
		return -EFAULT;
	acme->queues[queue.index].size = queue.size; // finds VPS-INPUT-04
	return 0;
}

static long acme_set_ranges(struct acme_device *acme, unsigned long arg)
{
	struct acme_ranges set;

	if (copy_from_user(&set, (void __user *)arg, sizeof(set)))
		return -EFAULT;
	acme->ranges = memdup_user(set.ranges, set.nr * sizeof(struct acme_range)); // finds VPS-INPUT-04
	return PTR_ERR_OR_ZERO(acme->ranges);
}

static long acme_get_irq_info(struct acme_device *acme, unsigned long arg)
{
	struct vfio_irq_info info;

	if (copy_from_user(&info, (void __user *)arg, sizeof(info))) // finds VPS-INPUT-04
		return -EFAULT;
	info.count = 1;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long acme_name_slot(struct acme_device *acme, unsigned long arg)
{
	struct acme_slot *slot = memdup_user((void __user *)arg, sizeof(*slot));

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	acme->names[slot->number] = slot->name; // finds VPS-INPUT-04
	kfree(slot);
	return 0;
}
