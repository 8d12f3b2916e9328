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

static ssize_t acme_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	if (!acme->map) {
		acme->map = memremap(acme_base(acme), SZ_4K, MEMREMAP_WB); // finds VPS-LOCK-06
		if (!acme->map)
			return -ENOMEM;
	}
	return simple_read_from_buffer(buf, count, ppos, acme->map, SZ_4K);
}

static const struct vfio_device_ops acme_ops = { .read = acme_read };
