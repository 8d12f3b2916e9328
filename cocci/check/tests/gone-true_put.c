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
	fput(file->filp);
	file->used = 0; // finds VPS-ERR-02
}

static int acme_find(struct acme_device *acme)
{
	struct pci_dev *parent = pci_get_slot(acme->core_device.pdev->bus, 0);

	if (!parent)
		return -ENODEV;
	pci_dev_put(parent);
	return acme_attach(acme, parent); // finds VPS-ERR-02
}
