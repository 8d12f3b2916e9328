// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	u32 state;
};

static void acme_state(struct acme_device *acme)
{
	mutex_lock(&acme->state_mutex);
	acme->state = 0;
	mutex_unlock(&acme->state_mutex);
}

static void acme_stop(struct acme_device *acme)
{
	unsigned long flags;

	local_irq_save(flags);
	acme_state(acme); // finds VPS-LOCK-02
	local_irq_restore(flags);
}

static void acme_start(struct acme_device *acme)
{
	preempt_disable();
	msleep(1); // finds VPS-LOCK-02
	preempt_enable();
}
