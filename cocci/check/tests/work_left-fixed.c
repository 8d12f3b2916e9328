// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_start(struct acme_device *acme)
{
	INIT_WORK(&acme->poll_work, acme_poll);
	schedule_work(&acme->poll_work);
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	cancel_work_sync(&acme->poll_work);
	vfio_pci_core_close_device(vdev);
}
