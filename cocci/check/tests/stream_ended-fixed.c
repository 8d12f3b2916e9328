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

static void acme_end(struct acme_device *acme)
{
	if (!acme->out)
		return;
	mutex_lock(&acme->out->lock);
	acme->out->dead = true;
	mutex_unlock(&acme->out->lock);
	fput(acme->out->filp);
	acme->out = NULL;
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme = acme_of(pdev);

	acme_end(acme);
	acme->state = VFIO_DEVICE_STATE_RUNNING;
}

static void acme_close_device(struct vfio_device *vdev)
{
	acme_end(container_of(vdev, struct acme_device, core_device.vdev));
	vfio_pci_core_close_device(vdev);
}

static ssize_t acme_save_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct acme_file *f = filp->private_data;
	ssize_t ret;

	if (pos)
		return -ESPIPE;
	mutex_lock(&f->lock);
	ret = f->dead ? -ENODEV : acme_read_out(f, buf, len);
	mutex_unlock(&f->lock);
	return ret;
}

static const struct file_operations acme_fops = { .read = acme_save_read };
static const struct vfio_device_ops acme_ops = { .close_device = acme_close_device };
