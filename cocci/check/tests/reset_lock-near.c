// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* the state's mutex is never held while user memory is touched */
static int acme_get_info(struct acme_device *acme, struct acme_info __user *to)
{
	struct acme_info info = {};

	mutex_lock(&acme->state_mutex);
	info.state = acme->state;
	mutex_unlock(&acme->state_mutex);
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme = acme_of(pdev);

	mutex_lock(&acme->state_mutex);
	acme->state = ACME_RUNNING;
	mutex_unlock(&acme->state_mutex);
}

static const struct pci_error_handlers acme_err_handlers = {
	.reset_done = acme_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};
