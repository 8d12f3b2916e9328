// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs as dma-bufs, for DMA from device to device.
 *
 * An importer may keep addresses of the BAR indefinitely, so revoking access means: mark the buffer
 * revoked, notify the importers, and wait until their DMA has ended and the last of them has
 * unmapped.  The buffer survives and can be mapped again once memory is accessible.
 *
 * Locks: exclusive access > dma_resv.  @revoked and @mapped change under dma_resv.
 */
#include <linux/dma-buf.h>
#include <linux/dma-buf-mapping.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"

MODULE_IMPORT_NS("DMA_BUF");

/**
 * struct bar_dmabuf - one exported buffer
 * @link: in vdev->dmabufs, under exclusive access
 * @vdev: the device; NULL once it was closed
 * @dmabuf: the buffer
 * @provider: peer-to-peer provider of the BAR
 * @phys: its physical ranges
 * @nr_phys: number of ranges
 * @size: bytes in all ranges
 * @mapped: number of live mappings
 * @revoked: no new mappings now
 */
struct bar_dmabuf {
	struct list_head		link;
	struct vfio_pci_core_device	*vdev;
	struct dma_buf			*dmabuf;
	struct p2pdma_provider		*provider;
	struct phys_vec			*phys;
	u32				nr_phys;
	size_t				size;
	unsigned int			mapped;
	bool				revoked;
};

static int dmabuf_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct bar_dmabuf *buf = dmabuf->priv;

	if (!attachment->peer2peer)
		return -EOPNOTSUPP;
	if (buf->revoked)
		return -ENODEV;
	return dma_buf_attach_revocable(attachment) ? 0 : -EOPNOTSUPP;
}

static struct sg_table *dmabuf_map(struct dma_buf_attachment *attachment,
				   enum dma_data_direction dir)
{
	struct bar_dmabuf *buf = attachment->dmabuf->priv;
	struct sg_table *sgt;

	dma_resv_assert_held(buf->dmabuf->resv);

	if (buf->revoked)
		return ERR_PTR(-ENODEV);

	sgt = dma_buf_phys_vec_to_sgt(attachment, buf->provider, buf->phys, buf->nr_phys, buf->size,
				      dir);
	if (!IS_ERR(sgt))
		buf->mapped++;
	return sgt;
}

static void dmabuf_unmap(struct dma_buf_attachment *attachment, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct bar_dmabuf *buf = attachment->dmabuf->priv;

	dma_resv_assert_held(buf->dmabuf->resv);

	/* dma_buf_phys_vec_to_sgt() leaves 0; with that dma_buf_free_sgt() would leak the list. */
	sgt->orig_nents = sgt->nents;
	dma_buf_free_sgt(attachment, sgt, dir);
	WRITE_ONCE(buf->mapped, buf->mapped - 1);
	/* Pairs with the barrier in wait_var_event(). */
	smp_mb();
	wake_up_var(&buf->mapped);
}

static void dmabuf_release(struct dma_buf *dmabuf)
{
	struct bar_dmabuf *buf = dmabuf->priv;
	struct vfio_pci_core_device *vdev = buf->vdev;

	/* Close skips a buffer whose file is being released, so it is unlinked exactly once. */
	if (vdev) {
		vfio_pci_core_access_lock(vdev);
		list_del(&buf->link);
		vfio_pci_core_access_unlock(vdev);
		vfio_device_put_registration(&vdev->vdev);
	}
	kvfree(buf->phys);
	kfree(buf);
}

static const struct dma_buf_ops bar_dmabuf_ops = {
	.attach = dmabuf_attach,
	.map_dma_buf = dmabuf_map,
	.unmap_dma_buf = dmabuf_unmap,
	.release = dmabuf_release,
};

/**
 * vfio_pci_dma_buf_iommufd_map - physical range of an exported buffer, for iommufd
 * @attachment: iommufd's attachment; its dma_resv is held
 * @phys: filled in
 *
 * iommufd looks for this function by its unprefixed name, which vfio_pci_iommufd.c gives it.
 *
 * Context: process; the dma_resv of the buffer is held.
 * Return: 0; -EOPNOTSUPP not one of our buffers, or several ranges; -ENODEV revoked.
 */
int vfio_pci_dma_buf_iommufd_map(struct dma_buf_attachment *attachment, struct phys_vec *phys)
{
	struct bar_dmabuf *buf;

	dma_resv_assert_held(attachment->dmabuf->resv);

	if (attachment->dmabuf->ops != &bar_dmabuf_ops)
		return -EOPNOTSUPP;
	buf = attachment->dmabuf->priv;
	if (buf->revoked)
		return -ENODEV;
	if (buf->nr_phys != 1)
		return -EOPNOTSUPP;

	*phys = buf->phys[0];
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_dma_buf_iommufd_map);

/**
 * vfio_pci_core_fill_phys_vec - translate ranges of a region to physical ones
 * @phys_vec: filled in, @nr_ranges of them
 * @dma_ranges: offset and length, in bytes, within the region
 * @nr_ranges: number of ranges
 * @start: physical address of the region
 * @len: bytes in the region
 *
 * Context: any.
 * Return: 0; -EINVAL an empty range or one beyond the region; -EOVERFLOW.
 */
int vfio_pci_core_fill_phys_vec(struct phys_vec *phys_vec, struct vfio_region_dma_range *dma_ranges,
				size_t nr_ranges, phys_addr_t start, phys_addr_t len)
{
	const struct vfio_region_dma_range *range;
	phys_addr_t paddr, end;

	for (range = dma_ranges; range < dma_ranges + nr_ranges; range++, phys_vec++) {
		if (!range->length)
			return -EINVAL;
		if (check_add_overflow(start, range->offset, &paddr) ||
		    check_add_overflow(paddr, range->length, &end))
			return -EOVERFLOW;
		if (end > start + len)
			return -EINVAL;
		phys_vec->paddr = paddr;
		phys_vec->len = range->length;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_fill_phys_vec);

/**
 * vfio_pci_core_get_dmabuf_phys - .get_dmabuf_phys for BARs
 * @vdev: the device
 * @provider: peer-to-peer provider of the BAR
 * @region_index: 0 to 5
 * @phys_vec: filled in, @nr_ranges of them
 * @dma_ranges: ranges of the BAR
 * @nr_ranges: number of ranges
 *
 * Context: process.
 * Return: 0; -EINVAL no provider for this BAR, or as vfio_pci_core_fill_phys_vec().
 */
int vfio_pci_core_get_dmabuf_phys(struct vfio_pci_core_device *vdev,
				  struct p2pdma_provider **provider, unsigned int region_index,
				  struct phys_vec *phys_vec,
				  struct vfio_region_dma_range *dma_ranges, size_t nr_ranges)
{
	*provider = pcim_p2pdma_provider(vdev->pdev, region_index);
	if (!*provider)
		return -EINVAL;
	return vfio_pci_core_fill_phys_vec(phys_vec, dma_ranges, nr_ranges,
					   pci_resource_start(vdev->pdev, region_index),
					   pci_resource_len(vdev->pdev, region_index));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_get_dmabuf_phys);

/* Without peer-to-peer support the device works but cannot export. */
int vfio_pci_dma_buf_init(struct vfio_pci_core_device *vdev)
{
	int ret = pcim_p2pdma_init(vdev->pdev);

	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int dmabuf_check_ranges(const struct vfio_region_dma_range *range, u32 nr, size_t *size)
{
	size_t sum = 0;

	for (; nr; nr--, range++)
		if (!range->length || !PAGE_ALIGNED(range->offset | range->length) ||
		    check_add_overflow(sum, range->length, &sum))
			return -EINVAL;

	/* A larger request makes the IOVA allocator warn. */
	if ((u64)sum & DMA_IOVA_USE_SWIOTLB)
		return -EINVAL;
	*size = sum;
	return 0;
}

static struct bar_dmabuf *dmabuf_new(struct vfio_pci_core_device *vdev, unsigned int bar,
				     struct vfio_region_dma_range *ranges, u32 nr)
{
	struct bar_dmabuf *buf;
	int ret;
	u32 i;

	buf = kzalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	buf->vdev = vdev;
	buf->nr_phys = nr;
	ret = dmabuf_check_ranges(ranges, nr, &buf->size);
	if (ret)
		goto free;

	ret = -EINVAL;
	for (i = 0; i < nr; i++)
		if (!vfio_pci_bar_is_mappable(vdev, bar, ranges[i].offset, ranges[i].length))
			goto free;

	ret = -ENOMEM;
	buf->phys = kvcalloc(nr, sizeof(*buf->phys), GFP_KERNEL_ACCOUNT);
	if (!buf->phys)
		goto free;

	ret = vdev->pci_ops->get_dmabuf_phys(vdev, &buf->provider, bar, buf->phys, ranges, nr);
	if (ret)
		goto free;
	return buf;

free:
	kvfree(buf->phys);
	kfree(buf);
	return ERR_PTR(ret);
}

/* Creates the file, whose release frees @buf.  On error @buf remains the caller's. */
static int dmabuf_export(struct vfio_pci_core_device *vdev, struct bar_dmabuf *buf, u32 flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = &bar_dmabuf_ops;
	info.size = buf->size;
	info.flags = flags;
	info.priv = buf;

	if (!vfio_device_try_get_registration(&vdev->vdev))
		return -ENODEV;
	buf->dmabuf = dma_buf_export(&info);
	if (IS_ERR(buf->dmabuf)) {
		vfio_device_put_registration(&vdev->vdev);
		return PTR_ERR(buf->dmabuf);
	}

	vfio_pci_core_access_lock(vdev);
	buf->revoked = !vfio_pci_mem_accessible(vdev);
	list_add_tail(&buf->link, &vdev->dmabufs);
	vfio_pci_core_access_unlock(vdev);
	return 0;
}

int vfio_pci_core_feature_dma_buf(struct vfio_pci_core_device *vdev, u32 flags,
				  struct vfio_device_feature_dma_buf __user *arg, size_t argsz)
{
	struct vfio_device_feature_dma_buf request;
	struct vfio_region_dma_range *ranges;
	struct bar_dmabuf *buf;
	struct dma_buf *dmabuf;
	int ret;

	if (!vdev->pci_ops || !vdev->pci_ops->get_dmabuf_phys)
		return -EOPNOTSUPP;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(request));
	if (ret != 1)
		return ret;
	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	if (!request.nr_ranges || request.flags)
		return -EINVAL;
	if (request.region_index > VFIO_PCI_BAR5_REGION_INDEX ||
	    IS_ERR(vfio_pci_bar_segment(vdev, request.region_index, 0)))
		return -ENODEV;

	ranges = memdup_array_user(arg->dma_ranges, request.nr_ranges, sizeof(*ranges));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	buf = dmabuf_new(vdev, request.region_index, ranges, request.nr_ranges);
	kfree(ranges);
	if (IS_ERR(buf))
		return PTR_ERR(buf);

	ret = dmabuf_export(vdev, buf, request.open_flags);
	if (ret) {
		kvfree(buf->phys);
		kfree(buf);
		return ret;
	}

	dmabuf = buf->dmabuf;
	ret = dma_buf_fd(dmabuf, request.open_flags);
	if (ret < 0)
		dma_buf_put(dmabuf);
	return ret;
}

static void dmabuf_revoke(struct bar_dmabuf *buf)
{
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = true;
	dma_buf_invalidate_mappings(buf->dmabuf);
	dma_resv_wait_timeout(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, false,
			      MAX_SCHEDULE_TIMEOUT);
	dma_resv_unlock(buf->dmabuf->resv);

	/* Importers unmap from their own workers, under dma_resv. */
	wait_var_event(&buf->mapped, !READ_ONCE(buf->mapped));
}

static void dmabuf_restore(struct bar_dmabuf *buf)
{
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = false;
	/* Notify importers that they can map again. */
	dma_buf_invalidate_mappings(buf->dmabuf);
	dma_resv_unlock(buf->dmabuf->resv);
}

/* Revoke or restore all buffers of a device. */
void vfio_pci_dma_buf_move(struct vfio_pci_core_device *vdev, bool revoked)
{
	struct bar_dmabuf *buf, *next;

	vfio_pci_core_assert_access_locked(vdev);

	list_for_each_entry_safe(buf, next, &vdev->dmabufs, link) {
		/* A file that is being released waits for exclusive access to unlink its buffer. */
		if (!get_file_active(&buf->dmabuf->file))
			continue;
		if (revoked && !buf->revoked)
			dmabuf_revoke(buf);
		else if (!revoked && buf->revoked)
			dmabuf_restore(buf);
		fput(buf->dmabuf->file);
	}
}

/* The device is being closed: its buffers stay revoked for good and drop the device. */
void vfio_pci_dma_buf_cleanup(struct vfio_pci_core_device *vdev)
{
	struct bar_dmabuf *buf, *next;

	vfio_pci_core_access_lock(vdev);
	vfio_pci_dma_buf_move(vdev, true);
	list_for_each_entry_safe(buf, next, &vdev->dmabufs, link) {
		if (!get_file_active(&buf->dmabuf->file))
			continue;
		list_del(&buf->link);
		buf->vdev = NULL;
		vfio_device_put_registration(&vdev->vdev);
		fput(buf->dmabuf->file);
	}
	vfio_pci_core_access_unlock(vdev);
}
