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

/* A failure is told by a state of its own. */

static struct file *acme_step(struct acme_device *acme, enum vfio_device_mig_state next)
{
	return next == VFIO_DEVICE_STATE_STOP ? NULL : ERR_PTR(-EINVAL);
}

static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state to)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	guard(mutex)(&acme->state_mutex);
	while (to != acme->state) {
		ret = vfio_mig_get_next_state(vdev, acme->state, to, &next);
		if (ret)
			return ERR_PTR(ret);
		file = acme_step(acme, next);
		if (IS_ERR_OR_NULL(file)) {
			acme->state = IS_ERR(file) ? VFIO_DEVICE_STATE_ERROR : next;
			if (IS_ERR(file))
				return file;
			continue;
		}
		acme->state = next;
	}
	return file;
}
