// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* the lock is released for the wait */
static void acme_settle(struct acme_device *acme)
{
	down_write(&acme->core_device.memory_lock);
	while (!acme_is_ready(acme)) {
		up_write(&acme->core_device.memory_lock);
		msleep(100);
		down_write(&acme->core_device.memory_lock);
	}
	up_write(&acme->core_device.memory_lock);
}
