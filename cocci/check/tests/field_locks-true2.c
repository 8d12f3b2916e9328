
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	spinlock_t reset_lock;
	u8 stopped:1;
	u8 noted:1;
};

static int acme_stop(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	acme->stopped = 1; // finds VPS-LOCK-08
	mutex_unlock(&acme->state_mutex);
	return 0;
}

static int acme_note(struct acme_device *acme)
{
	spin_lock(&acme->reset_lock);
	acme->noted = 1;
	spin_unlock(&acme->reset_lock);
	return 0;
}
