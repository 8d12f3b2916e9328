// SPDX-License-Identifier: GPL-2.0-only
/* Exports of a device in a list, with the VMA that maps each: no list of VMAs. */
// migrate: exit 3
// migrate: left: struct snipe_export holds more than a VMA
#include <linux/dma-buf.h>
#include <linux/mm.h>

struct snipe_export {
	struct list_head node;
	struct dma_buf *dmabuf;
	struct vm_area_struct *vma;
	bool revoked;
};

struct snipe {
	struct mutex lock;
	struct list_head exports;
};

void snipe_revoke(struct snipe *snipe)
{
	struct snipe_export *export;

	mutex_lock(&snipe->lock);
	list_for_each_entry(export, &snipe->exports, node) {
		dma_resv_lock(export->dmabuf->resv, NULL);
		export->revoked = true;
		dma_buf_move_notify(export->dmabuf);
		dma_resv_unlock(export->dmabuf->resv);
		if (export->vma)
			zap_vma_ptes(export->vma, export->vma->vm_start, export->vma->vm_end - export->vma->vm_start);
	}
	mutex_unlock(&snipe->lock);
}
