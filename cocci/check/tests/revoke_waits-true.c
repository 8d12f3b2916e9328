// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_revoke(struct acme_buffer *buf)
{
	struct vfio_pci_core_device *vdev = buf->vdev;

	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = true;
	dma_buf_invalidate_mappings(buf->dmabuf); // finds VPS-RST-08
	dma_resv_unlock(buf->dmabuf->resv);
	acme_tell(vdev);
}
