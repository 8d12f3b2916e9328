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

static long acme_precopy(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct acme_file *f = filp->private_data;
	struct vfio_precopy_info info = {};
	int ret = acme_ask_precopy(f, cmd, arg, &info);

	if (ret)
		return ret;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static void acme_set_up(struct acme_device *acme)
{
	acme->core_device.vdev.migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_PRE_COPY;
}

static const struct file_operations acme_fops = { .unlocked_ioctl = acme_precopy };
