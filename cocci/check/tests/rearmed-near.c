// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* it ends here */
static void acme_end(struct vfio_pci_core_device *vdev, struct acme_buffer *buf)
{
	kref_put(&buf->kref, acme_last);
	wait_for_completion(&buf->done);
	kfree(buf);
}
