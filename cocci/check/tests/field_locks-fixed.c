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
	void __iomem *regs;
	u32 count;
};

static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state next)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	mutex_lock(&acme->state_mutex);
	if (acme->state != next)
		acme->state = next;
	mutex_unlock(&acme->state_mutex);
	return NULL;
}

static int acme_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *now)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	guard(mutex)(&acme->state_mutex);
	*now = acme->state;
	return 0;
}

static const struct vfio_migration_ops acme_mig_ops = {
	.migration_set_state = acme_set_state,
	.migration_get_state = acme_get_state,
	.migration_get_data_size = acme_get_size,
};

static void acme_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);
	struct acme_device *acme = container_of(core, struct acme_device, core_device);

	guard(mutex)(&acme->state_mutex);
	acme->state = VFIO_DEVICE_STATE_RUNNING;
}

static const struct pci_error_handlers acme_err_handlers = {
	.reset_done = acme_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};
