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

static struct file *acme_step(struct acme_device *acme)
{
	struct acme_file *f = acme_new(acme);

	if (IS_ERR(f))
		return ERR_CAST(f);
	acme->out = f;
	return f->filp; // finds VPS-MIG-10
}
