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

/* its caller holds it, and that one asserts it as well */
static void acme_stop(struct acme_device *acme)
{
	lockdep_assert_held(&acme->state_mutex);
	acme_forget(acme);
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	mutex_lock(&acme->state_mutex);
	acme_stop(acme);
	mutex_unlock(&acme->state_mutex);
	vfio_pci_core_close_device(vdev);
}

/* through a variable, under the lock of who calls */
static int acme_choose(struct acme_device *acme, int what)
{
	void (*step)(struct acme_device *acme) = NULL;

	if (what)
		step = acme_forget;
	if (step)
		step(acme);
	return 0;
}

static int acme_set(struct acme_device *acme, int what)
{
	guard(mutex)(&acme->state_mutex);
	return acme_choose(acme, what);
}

/* by the core's call */
static void acme_set_granted(struct acme_device *acme)
{
	vfio_pci_core_assert_access_locked(&acme->core_device);
	acme->table[2] = 1;
}

static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	acme_set_granted(container_of(vdev, struct acme_device, core_device));
}

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke	= acme_access_revoke,
};

/* by functions that say whether they have taken it: after trying for a while, and if it is still of use */
static bool acme_try(struct acme_device *acme)
{
	while (!mutex_trylock(&acme->state_mutex)) {
		if (!acme->map)
			return false;
		cond_resched();
	}
	return true;
}

static int acme_lock_in_use(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	if (acme->map)
		return 0;
	mutex_unlock(&acme->state_mutex);
	return -ENODEV;
}

static int acme_four(struct acme_device *acme)
{
	int ret = acme_lock_in_use(acme);

	if (ret)
		return ret;
	acme_forget(acme);
	mutex_unlock(&acme->state_mutex);
	if (acme_try(acme)) {
		acme_forget(acme);
		mutex_unlock(&acme->state_mutex);
	}
	return 0;
}
