// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* the queue is drained when it is destroyed */
static void acme_start(struct acme_device *acme)
{
	INIT_WORK(&acme->poll_work, acme_poll);
	queue_work(acme->wq, &acme->poll_work);
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	destroy_workqueue(acme->wq);
	vfio_pci_core_close_device(vdev);
}
