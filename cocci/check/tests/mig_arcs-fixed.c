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

static struct file *acme_step(struct acme_device *acme, enum vfio_device_mig_state next)
{
	if (acme->state == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_STOP_COPY)
		return acme_save(acme);
	if (acme->state == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RESUMING)
		return acme_load(acme);
	if ((acme->state == VFIO_DEVICE_STATE_STOP_COPY && next == VFIO_DEVICE_STATE_STOP) ||
	    (acme->state == VFIO_DEVICE_STATE_RESUMING && next == VFIO_DEVICE_STATE_STOP))
		return NULL;
	if (acme->state == VFIO_DEVICE_STATE_RUNNING && next == VFIO_DEVICE_STATE_STOP)
		return acme_stop(acme);
	if (acme->state == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RUNNING)
		return acme_run(acme);
	return ERR_PTR(-EINVAL);
}

static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state next)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);
	struct file *file;

	guard(mutex)(&acme->state_mutex);
	file = acme_step(acme, next);
	if (!IS_ERR(file))
		acme->state = next;
	return file;
}

static void acme_set_up(struct acme_device *acme)
{
	acme->core_device.vdev.migration_flags = VFIO_MIGRATION_STOP_COPY;
}
