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

static void acme_unmap(struct acme_device *acme)
{
	memunmap(acme->map);
	acme->map = NULL;
}

/* in open: one at a time */
static int acme_open_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	if (!acme->map)
		acme->map = memremap(acme_base(acme), SZ_4K, MEMREMAP_WB);
	return acme->map ? 0 : -ENOMEM;
}

static const struct vfio_device_ops acme_ops = { .open_device = acme_open_device };
