// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t used;
	u8 state[64];
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	spinlock_t reset_lock;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void *map;
	u32 table[8];
};

static int acme_init_dev(struct vfio_device *vdev)
{
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY;
	vdev->mig_ops = acme_get_ops();
	return vfio_pci_core_init_dev(vdev);
}

static int acme_open_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);
	int ret = vfio_pci_core_enable(&acme->core_device);

	if (ret)
		return ret;
	acme->state = VFIO_DEVICE_STATE_RUNNING;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}

static const struct vfio_device_ops acme_ops = {
	.open_device = acme_open_device,
};
