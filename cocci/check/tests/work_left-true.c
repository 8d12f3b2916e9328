// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_start(struct acme_device *acme)
{
	INIT_WORK(&acme->poll_work, acme_poll); // finds VPS-LIFE-13
	vfio_pci_core_finish_enable(&acme->core_device);
	schedule_work(&acme->poll_work);
}
