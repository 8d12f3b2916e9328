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

static ssize_t acme_save_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct acme_file *f = filp->private_data;
	ssize_t ret;

	if (pos)
		return -ESPIPE;
	mutex_lock(&f->acme->state_mutex); // finds VPS-MIG-06
	ret = f->dead ? -ENODEV : acme_read_out(f, buf, len);
	mutex_unlock(&f->acme->state_mutex);
	return ret;
}
