// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	u32 state;
};

struct acme_file {
	struct file *filp;
	size_t used;
};

static int acme_release(struct inode *inode, struct file *filp)
{
	struct acme_file *file = filp->private_data;

	kfree(file);
	return 0;
}

static const struct file_operations acme_fops = {
	.owner = THIS_MODULE,
	.release = acme_release,
};

static void acme_drop(struct acme_file *file)
{
	file->used = 0;
	fput(file->filp);
}

static int acme_find(struct acme_device *acme)
{
	struct pci_dev *parent = pci_get_slot(acme->core_device.pdev->bus, 0);
	int ret;

	if (!parent)
		return -ENODEV;
	ret = acme_attach(acme, parent);
	pci_dev_put(parent);
	return ret;
}
