// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_copy(struct acme_device *acme, char __user *buf, size_t count)
{
	return copy_to_user(buf, acme->window, count) ? -EFAULT : 0;
}

static ssize_t acme_read_window(struct acme_device *acme, char __user *buf, size_t count)
{
	struct vfio_pci_core_device *vdev = &acme->core_device;
	int ret;

	down_read(&vdev->memory_lock);
	ret = acme_copy(acme, buf, count); // finds VPS-MMAP-10
	up_read(&vdev->memory_lock);
	return ret ?: count;
}

static int acme_set(struct acme_device *acme, u32 __user *from)
{
	u32 val;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	if (get_user(val, from)) // finds VPS-MMAP-10
		return -EFAULT;
	iowrite32(val, acme->io);
	return 0;
}

static int acme_pin(struct acme_device *acme, unsigned long start, struct page **page)
{
	int ret = 0;

	scoped_guard(rwsem_write, &acme->core_device.memory_lock) {
		if (acme->on)
			ret = pin_user_pages(start, 1, FOLL_WRITE, page); // finds VPS-MMAP-10
	}
	return ret;
}

static ssize_t acme_log_read(struct acme_device *acme, char __user *buf, size_t count, loff_t pos)
{
	guard(rwsem_read)(&acme->core_device.memory_lock);
	return simple_read_from_buffer(buf, count, &pos, acme->log, acme->log_used); // finds VPS-MMAP-10
}
