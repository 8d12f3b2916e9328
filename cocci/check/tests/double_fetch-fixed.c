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

static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_irq_set hdr, *set;
	u32 first, again;

	switch (cmd) {
	case 1:
		if (copy_from_user(&hdr, (void __user *)arg, sizeof(hdr)))
			return -EFAULT;
		if (hdr.argsz > PAGE_SIZE)
			return -EINVAL;
		set = kmemdup(&hdr, sizeof(hdr), GFP_KERNEL_ACCOUNT);
		if (!set)
			return -ENOMEM;
		if (IS_ERR(set))
			return PTR_ERR(set);
		kfree(set);
		return 0;
	case 2:
		if (get_user(first, (u32 __user *)arg))
			return -EFAULT;
		if (first > 8)
			return -EINVAL;
		again = first;
		return again;
	default:
		return vfio_pci_core_ioctl(vdev, cmd, arg);
	}
}
