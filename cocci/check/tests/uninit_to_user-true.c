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

static int acme_get_info(struct acme_device *acme, void __user *to)
{
	struct acme_info info;

	info.argsz = sizeof(info);
	info.size = 64;
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0; // finds VPS-INPUT-07
}

static int acme_get_log(struct acme_device *acme, void __user *to)
{
	u8 *log = kmalloc(256, GFP_KERNEL);
	int ret = 0;

	if (!log)
		return -ENOMEM;
	if (copy_to_user(to, log, 256)) // finds VPS-INPUT-07
		ret = -EFAULT;
	kfree(log);
	return ret;
}
