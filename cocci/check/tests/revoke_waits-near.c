// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* gives back */
static void acme_restore(struct acme_buffer *buf)
{
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = false;
	dma_buf_invalidate_mappings(buf->dmabuf);
	dma_resv_unlock(buf->dmabuf->resv);
}
