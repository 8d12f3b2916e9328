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

	acme_state(acme);
	local_irq_save(flags);
	acme_ring(acme);
	local_irq_restore(flags);
}

static void acme_start(struct acme_device *acme)
{
	preempt_disable();
	acme_ring(acme);
	preempt_enable();
	msleep(1);
}
