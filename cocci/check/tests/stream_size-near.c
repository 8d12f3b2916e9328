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

/* min() is a limit, and so is a function that looks. */

struct acme_head {
	__le64 size;
};

static ssize_t acme_write(struct file *filp, const char __user *buf, size_t len, loff_t *pos)
{
	struct acme_file *file = filp->private_data;
	struct acme_head head;
	u64 size;
	void *data;

	if (pos)
		return -ESPIPE;
	if (len != sizeof(head))
		return -EINVAL;
	guard(mutex)(&file->lock);
	if (file->dead)
		return -ENODEV;
	if (copy_from_user(&head, buf, sizeof(head)))
		return -EFAULT;
	size = le64_to_cpu(head.size);
	size = min(size, (u64)SZ_1M);
	data = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;
	kvfree(data);
	return len;
}

static const struct file_operations acme_resume_fops = {
	.owner = THIS_MODULE,
	.write = acme_write,
};
