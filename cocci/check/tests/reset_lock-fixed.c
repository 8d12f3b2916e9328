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

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_file *file = acme_of(pdev)->file;

	WRITE_ONCE(file->reset, true);
	if (mutex_trylock(&file->lock)) {
		acme_finish_reset(file);
		mutex_unlock(&file->lock);
	}
}

static const struct pci_error_handlers acme_err_handlers = {
	.reset_done = acme_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	struct acme_file *file = acme_of(vdev->pdev)->file;

	atomic_inc(&file->resets);
}

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke = acme_access_revoke,
};
