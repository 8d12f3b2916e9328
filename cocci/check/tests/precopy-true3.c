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

static ssize_t acme_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	return pos ? -ESPIPE : 0;
}

static long acme_precopy(struct file *filp, unsigned int cmd, unsigned long arg) // finds VPS-MIG-07
{
	struct vfio_precopy_info info = {};

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static const struct file_operations acme_save_fops = { // finds VPS-MIG-07
	.owner = THIS_MODULE,
	.read = acme_read,
};

static void acme_set_up(struct acme_device *acme)
{
	acme->core_device.vdev.migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_PRE_COPY;
}
