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

static u32 acme_get(struct acme_device *acme, u32 n)
{
	if (n >= ARRAY_SIZE(acme->table))
		return 0;
	return acme->table[n];
}

static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);
	u32 n;

	if (get_user(n, (u32 __user *)arg))
		return -EFAULT;
	if (n >= ARRAY_SIZE(acme->table))
		return -EINVAL;
	return acme->table[array_index_nospec(n, ARRAY_SIZE(acme->table))];
}
