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

static void acme_forget(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	acme->out = NULL;
	mutex_unlock(&acme->state_mutex);
}

static void acme_disable(struct acme_device *acme)
{
	acme_forget(acme);
}

static void acme_stop(struct acme_device *acme)
{
	spin_lock(&acme->reset_lock);
	acme_disable(acme); // finds VPS-LOCK-02
	spin_unlock(&acme->reset_lock);
}

static int acme_grow(struct acme_device *acme)
{
	void *map;

	guard(spinlock_irqsave)(&acme->reset_lock);
	map = kzalloc(64, GFP_KERNEL); // finds VPS-LOCK-02
	if (!map)
		return -ENOMEM;
	acme->map = map;
	return 0;
}
