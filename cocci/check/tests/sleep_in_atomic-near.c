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

/* the callee releases the lock before it sleeps */
static void acme_unlock_and_forget(struct acme_device *acme)
{
	spin_unlock(&acme->reset_lock);
	mutex_lock(&acme->state_mutex);
	acme->out = NULL;
	mutex_unlock(&acme->state_mutex);
}

static void acme_stop(struct acme_device *acme)
{
	spin_lock(&acme->reset_lock);
	acme_unlock_and_forget(acme);
}

/* tries, and does not wait */
static bool acme_try(struct acme_device *acme)
{
	bool got;

	spin_lock(&acme->reset_lock);
	got = mutex_trylock(&acme->state_mutex);
	spin_unlock(&acme->reset_lock);
	if (got)
		mutex_unlock(&acme->state_mutex);
	return got;
}
