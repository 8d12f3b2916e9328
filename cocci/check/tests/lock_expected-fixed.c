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

	mutex_lock(&acme->state_mutex);
	acme_forget(acme);
	mutex_unlock(&acme->state_mutex);
	vfio_pci_core_close_device(vdev);
}

static void acme_grant(struct acme_device *acme)
{
	lockdep_assert(lockdep_is_held(&acme->state_mutex) || lockdep_is_held(&acme->reset_lock));
	acme->table[1] = 1;
}

static void acme_four(struct acme_device *acme)
{
	spin_lock(&acme->reset_lock);
	acme_grant(acme);
	spin_unlock(&acme->reset_lock);
}

static void acme_set_granted(struct acme_device *acme)
{
	vfio_pci_core_assert_access_locked(&acme->core_device);
	acme->table[2] = 1;
}

static int acme_five(struct acme_device *acme)
{
	vfio_pci_core_access_lock(&acme->core_device);
	acme_set_granted(acme);
	vfio_pci_core_access_unlock(&acme->core_device);
	return 0;
}
