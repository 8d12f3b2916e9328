// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static long acme_set_queue(struct acme_device *acme, unsigned long arg)
{
	struct acme_queue queue;

	if (copy_from_user(&queue, (void __user *)arg, sizeof(queue)))
		return -EFAULT;
	if (queue.index >= ARRAY_SIZE(acme->queues))
		return -EINVAL;
	acme->queues[queue.index].size = queue.size;
	return 0;
}

static long acme_set_ranges(struct acme_device *acme, unsigned long arg)
{
	struct acme_ranges set;

	if (copy_from_user(&set, (void __user *)arg, sizeof(set)))
		return -EFAULT;
	acme->ranges = memdup_array_user(set.ranges, set.nr, sizeof(struct acme_range));
	return PTR_ERR_OR_ZERO(acme->ranges);
}

static long acme_get_irq_info(struct acme_device *acme, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.count = 1;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}
