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

static int acme_get(struct vfio_pci_core_device *vdev, void __iomem *io, u32 __user *to)
{
	int ret = vfio_pci_core_access_begin(vdev);

	if (ret)
		return ret;
	ret = put_user(ioread32(io), to); // finds VPS-MMAP-10
	vfio_pci_core_access_end(vdev);
	return ret;
}

/* through a helper that begins, and one that ends */
static int acme_begin(struct acme_device *acme)
{
	int ret = acme->io ? vfio_pci_core_access_begin(&acme->core_device) : -ENODEV;

	return ret;
}

static void acme_end(struct acme_device *acme)
{
	vfio_pci_core_access_end(&acme->core_device);
}

static int acme_get_two(struct acme_device *acme, u32 __user *to)
{
	int ret = acme_begin(acme);

	if (!ret) {
		ret = put_user(ioread32(acme->io), to); // finds VPS-MMAP-10
		acme_end(acme);
	}
	return ret;
}

static int acme_grant(struct acme_device *acme, u32 __user *from)
{
	int ret;

	vfio_pci_core_access_lock(&acme->core_device);
	ret = get_user(acme->granted, from); // finds VPS-MMAP-10
	vfio_pci_core_access_unlock(&acme->core_device);
	return ret;
}

static int acme_stop(struct acme_device *acme, char __user *to)
{
	int ret;

	vfio_pci_core_access_revoke(&acme->core_device);
	ret = acme_copy(acme, to, 4); // finds VPS-MMAP-10
	vfio_pci_core_access_restore(&acme->core_device);
	return ret;
}

/* which the core calls with exclusive access */
static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	put_user(0, acme_status(vdev)); // finds VPS-MMAP-10
}

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke	= acme_access_revoke,
};

/* it copies, and takes the lock again */
static ssize_t acme_read(struct vfio_device *core_vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct acme_device *acme = container_of(core_vdev, struct acme_device, core_device.vdev);
	ssize_t ret = vfio_pci_core_access_begin(&acme->core_device);

	if (ret)
		return ret;
	ret = vfio_pci_core_read(core_vdev, buf, count, ppos); // finds VPS-MMAP-10
	vfio_pci_core_access_end(&acme->core_device);
	return ret;
}
