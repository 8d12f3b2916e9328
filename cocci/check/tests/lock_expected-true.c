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
	lockdep_assert_held(&acme->state_mutex);
	acme->map = NULL;
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	acme_forget(acme); // finds VPS-LOCK-05
	vfio_pci_core_close_device(vdev);
}

/* the same without a word */
static void acme_count(struct acme_device *acme)
{
	acme->table[0]++;
}

static void acme_one(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	acme_count(acme);
	mutex_unlock(&acme->state_mutex);
}

static void acme_two(struct acme_device *acme)
{
	guard(mutex)(&acme->state_mutex);
	acme_count(acme);
}

static void acme_three(struct acme_device *acme)
{
	acme_count(acme); // finds VPS-LOCK-05
}

/* one of two locks */
static void acme_grant(struct acme_device *acme)
{
	lockdep_assert(lockdep_is_held(&acme->state_mutex) || lockdep_is_held(&acme->reset_lock));
	acme->table[1] = 1;
}

static void acme_four(struct acme_device *acme)
{
	acme_grant(acme); // finds VPS-LOCK-05
}

/* exclusive access, which access_begin is not */
static void acme_set_granted(struct acme_device *acme)
{
	vfio_pci_core_assert_access_locked(&acme->core_device);
	acme->table[2] = 1;
}

static int acme_five(struct acme_device *acme)
{
	int ret = vfio_pci_core_access_begin(&acme->core_device);

	if (ret)
		return ret;
	acme_set_granted(acme); // finds VPS-LOCK-05
	vfio_pci_core_access_end(&acme->core_device);
	return 0;
}

/* called with exclusive access, which is not the driver's own lock */
static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	acme_forget(container_of(vdev, struct acme_device, core_device)); // finds VPS-LOCK-05
}

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke	= acme_access_revoke,
};

/* not when the lock could not be had */
static bool acme_try(struct acme_device *acme)
{
	while (!mutex_trylock(&acme->state_mutex)) {
		if (!acme->map)
			return false;
		cond_resched();
	}
	return true;
}

static void acme_six(struct acme_device *acme)
{
	if (!acme_try(acme)) {
		acme_forget(acme); // finds VPS-LOCK-05
		return;
	}
	acme_forget(acme);
	mutex_unlock(&acme->state_mutex);
}
