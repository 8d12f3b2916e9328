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

/* put by a function that is called */
static void acme_drop(struct acme_file *f)
{
	fput(f->filp);
}

static void acme_end(struct acme_device *acme)
{
	acme_drop(acme->out);
	acme->out = NULL;
}

/* an error is no file */
static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state to)
{
	struct file *res = acme_step(vdev, to);

	if (IS_ERR(res))
		res = ERR_PTR(-EIO);
	return res;
}
