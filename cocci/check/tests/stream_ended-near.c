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
	fput(acme->out->filp);
	acme->out = NULL;
}

/* deferred to who holds the lock */
static void acme_unlock(struct acme_device *acme)
{
	if (acme->state == VFIO_DEVICE_STATE_RUNNING)
		acme_end(acme);
	mutex_unlock(&acme->state_mutex);
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme = acme_of(pdev);

	acme->state = VFIO_DEVICE_STATE_RUNNING;
	if (!mutex_trylock(&acme->state_mutex))
		return;
	acme_unlock(acme);
}
