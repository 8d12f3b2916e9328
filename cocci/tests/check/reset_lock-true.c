// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static ssize_t acme_save_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct acme_file *file = filp->private_data;

	if (pos)
		return -ESPIPE;
	mutex_lock(&file->lock);
	len = min(len, file->left);
	if (copy_to_user(buf, file->data, len))
		len = -EFAULT;
	mutex_unlock(&file->lock);
	return len;
}

static void acme_disable(struct acme_file *file)
{
	mutex_lock(&file->lock);
	file->left = 0;
	mutex_unlock(&file->lock);
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme = acme_of(pdev);

	acme_disable(acme->file); // finds VPS-RST-05
}

static void acme_reset_prepare(struct pci_dev *pdev)
{
	struct acme_file *file = acme_of(pdev)->file;

	mutex_lock(&file->lock); // finds VPS-RST-05
	file->resets++;
	mutex_unlock(&file->lock);
}

static const struct pci_error_handlers acme_err_handlers = {
	.reset_prepare = acme_reset_prepare,
	.reset_done = acme_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};
