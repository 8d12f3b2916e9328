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

static ssize_t acme_resume_write(struct file *filp, const char __user *buf, size_t len, loff_t *pos)
{
	struct acme_file *f = filp->private_data;
	ssize_t ret = len;
	loff_t end;

	if (pos)
		return -ESPIPE;
	pos = &filp->f_pos;
	/* sanity only: the bound is looked at under the lock */
	if (*pos < 0 || check_add_overflow((loff_t)len, *pos, &end))
		return -EINVAL;
	mutex_lock(&f->lock);
	if (f->dead)
		ret = -ENODEV;
	else if (len > sizeof(f->state) - *pos)
		ret = -ENOSPC;
	else if (copy_from_user(f->state + *pos, buf, len))
		ret = -EFAULT;
	else
		*pos += len;
	mutex_unlock(&f->lock);
	return ret;
}
