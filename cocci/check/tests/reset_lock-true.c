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

static ssize_t acme_log_read(struct acme_device *acme, char __user *buf, size_t count, loff_t pos)
{
	guard(mutex)(&acme->log_lock);
	return simple_read_from_buffer(buf, count, &pos, acme->log, acme->log_used);
}

static void acme_clear_log(struct acme_device *acme)
{
	guard(mutex)(&acme->log_lock);
	acme->log_used = 0;
}

static pci_ers_result_t acme_error(struct pci_dev *pdev, pci_channel_state_t state)
{
	acme_clear_log(acme_of(pdev));
	return vfio_pci_core_aer_err_detected(pdev, state);
}

static void acme_port_reset_done(struct pci_dev *pdev)
{
	acme_clear_log(acme_of(pdev)); // finds VPS-RST-05
}

static const struct pci_error_handlers acme_port_err_handlers = {
	.reset_done = acme_port_reset_done,
	.error_detected = acme_error,
};

/* called with exclusive access, for which a fault waits */
static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	struct acme_file *file = acme_of(vdev->pdev)->file;

	mutex_lock(&file->lock); // finds VPS-RST-05
	file->resets++;
	mutex_unlock(&file->lock);
}

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke = acme_access_revoke,
};
