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

/* NULL is one of the answers */
static struct acme_file *acme_find(struct acme_device *acme)
{
	if (acme->state == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(-EIO);
	return acme->out ? acme->out : NULL;
}

static int acme_next(struct acme_device *acme)
{
	struct acme_file *f = acme_find(acme);

	if (!f)
		return 0;
	return IS_ERR(f) ? PTR_ERR(f) : acme_step(f->used);
}
