// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

/* The header, and then what follows it; pieces of a stream; the same place in one of two cases. */
static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_irq_set hdr;
	void *data;

	if (copy_from_user(&hdr, (void __user *)arg, sizeof(hdr)))
		return -EFAULT;
	if (hdr.argsz < sizeof(hdr) || hdr.argsz > PAGE_SIZE)
		return -EINVAL;
	data = memdup_user((u8 __user *)arg + sizeof(hdr), hdr.argsz - sizeof(hdr));
	if (IS_ERR(data))
		return PTR_ERR(data);
	kfree(data);
	return 0;
}

static int acme_pieces(const char __user *buf, size_t len)
{
	u32 head, body;

	if (copy_from_user(&head, buf, sizeof(head)))
		return -EFAULT;
	if (head != 1)
		return -EINVAL;
	buf += sizeof(head);
	return copy_from_user(&body, buf, sizeof(body)) ? -EFAULT : 0;
}

static int acme_one_of(void __user *from, bool wide)
{
	u64 all = 0;
	u32 half = 0;

	if (wide) {
		if (copy_from_user(&all, from, sizeof(all)))
			return -EFAULT;
		return all > 1;
	}
	if (copy_from_user(&half, from, sizeof(half)))
		return -EFAULT;
	return half > 1;
}
