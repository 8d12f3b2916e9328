// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* compared in the same breath */
static long acme_wake_queue(struct acme_device *acme, unsigned long arg)
{
	struct acme_queue queue;

	if (copy_from_user(&queue, (void __user *)arg, sizeof(queue)))
		return -EFAULT;
	if (queue.index >= ACME_QUEUES || !acme->queues[queue.index].on)
		return -EINVAL;
	return acme_wake(acme, &queue);
}

/* looked up, not indexed; multiplied after it was limited */
static long acme_set_ranges(struct acme_device *acme, unsigned long arg)
{
	struct acme_ranges set;
	struct acme_queue *queue;

	if (copy_from_user(&set, (void __user *)arg, sizeof(set)))
		return -EFAULT;
	queue = xa_load(&acme->queues, set.index);
	if (!queue || set.nr > ACME_RANGES)
		return -EINVAL;
	queue->ranges = memdup_user(set.ranges, set.nr * sizeof(struct acme_range));
	return PTR_ERR_OR_ZERO(queue->ranges);
}

static long acme_name_slot(struct acme_device *acme, unsigned long arg)
{
	struct acme_slot *slot = memdup_user((void __user *)arg, sizeof(*slot));

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (slot->number < ACME_SLOTS)
		acme->names[slot->number] = slot->name;
	kfree(slot);
	return 0;
}
