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

/* used between open and close only */
struct acme_gpu {
	struct vfio_pci_core_device core_device;
	struct mutex map_lock;
};

static int acme_open_device(struct vfio_device *vdev)
{
	struct acme_gpu *gpu = container_of(vdev, struct acme_gpu, core_device.vdev);
	int ret = vfio_pci_core_enable(&gpu->core_device);

	if (ret)
		return ret;
	mutex_init(&gpu->map_lock);
	vfio_pci_core_finish_enable(&gpu->core_device);
	return 0;
}

static const struct vfio_device_ops acme_ops = {
	.open_device = acme_open_device,
};
