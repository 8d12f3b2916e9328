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

/* taken for the caller, when it can be */
static int acme_begin(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	if (acme->state != VFIO_DEVICE_STATE_ERROR)
		return 0;
	mutex_unlock(&acme->state_mutex);
	return -EIO;
}

static int acme_step(struct acme_device *acme)
{
	int ret = acme_begin(acme);

	if (ret)
		return ret;
	acme_ask(acme);
	mutex_unlock(&acme->state_mutex);
	return 0;
}

/* out of a guarded block by a jump */
static int acme_retry(struct acme_device *acme)
{
again:
	scoped_guard(mutex, &acme->state_mutex) {
		if (acme_is_busy(acme))
			goto again;
		if (acme->state == VFIO_DEVICE_STATE_ERROR)
			return -EIO;
	}
	return 0;
}

/* a lock that was not taken need not be released */
static void acme_poke(struct acme_device *acme)
{
	if (!mutex_trylock(&acme->state_mutex))
		return;
	acme_ask(acme);
	mutex_unlock(&acme->state_mutex);
}
