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
	mutex_lock(&acme->out->lock);
	acme->out->dead = true;
	mutex_unlock(&acme->out->lock);
	fput(acme->out->filp);
	acme->out = NULL;
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme = acme_of(pdev);

	if (acme->state == VFIO_DEVICE_STATE_STOP_COPY)
		acme_end(acme);
	acme->state = VFIO_DEVICE_STATE_RUNNING;
}

static void acme_close_device(struct vfio_device *vdev) // finds VPS-MIG-05
{
	vfio_pci_core_close_device(vdev);
}

static ssize_t acme_save_read(struct file *filp, char __user *buf, size_t len, loff_t *pos) // finds VPS-MIG-05
{
	struct acme_file *f = filp->private_data;

	if (pos)
		return -ESPIPE;
	return acme_read_out(f, buf, len);
}

static const struct file_operations acme_fops = { .read = acme_save_read };
static const struct vfio_device_ops acme_ops = { .close_device = acme_close_device };
