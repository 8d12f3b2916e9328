// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_drain(struct vfio_pci_core_device *vdev, struct acme_buffer *buf)
{
	kref_put(&buf->kref, acme_last); // finds VPS-ERR-10
	wait_for_completion(&buf->done);
}
