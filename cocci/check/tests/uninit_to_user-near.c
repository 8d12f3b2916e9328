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

struct acme_info {
	u32 argsz;
	u32 flags;
	u64 size;
};

/* every member, and no hole between them */
static int acme_get_info(struct acme_device *acme, void __user *to)
{
	struct acme_info info;

	info.argsz = sizeof(info);
	info.flags = 0;
	info.size = 64;
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

/* filled by another function */
static int acme_ask(struct acme_device *acme, void __user *to)
{
	struct acme_info info;

	acme_fill_info(acme, &info);
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}
