// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: the dirty log, that is, which pages of guest memory the device has written.
 *
 * There is one bit for each granule of the ranges that user space logs.  If these are too large for
 * the bitmap, granules grow and ranges merge: the log then reports too much, but its memory use is
 * bounded.  The number of ranges is limited by vfio.ko.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "vfio_pci_live_priv.h"

/* 16 MiB of bitmap, which log 512 GiB by pages of 4 KiB. */
#define LIVE_LOG_MAX_BITS	BIT_ULL(27)

/* Granules, both ends included. */
struct live_log_range {
	u64	first;
	u64	last;
	u64	bit;		/* of @first */
};

struct live_log {
	struct kref		ref;
	unsigned int		shift;		/* log2 of the granule's size */
	unsigned int		nr;
	u64			bits;
	unsigned long		*dirty;
	struct live_log_range	range[] __counted_by(nr);
};

static void live_log_free(struct kref *ref)
{
	struct live_log *log = container_of(ref, struct live_log, ref);

	kvfree(log->dirty);
	kfree(log);
}

/* Count ranges and granules for a granule size, adjacent ranges as one; and fill in @log. */
static void live_log_cut(struct rb_root_cached *root, unsigned int shift, unsigned int *nr,
			 u64 *bits, struct live_log *log)
{
	struct live_log_range cur = {};
	struct interval_tree_node *node;

	*nr = 0;
	*bits = 0;
	for (node = interval_tree_iter_first(root, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		u64 first = (u64)node->start >> shift;
		u64 last = (u64)node->last >> shift;

		if (*nr && first <= cur.last + 1) {
			*bits += last - cur.last;
			cur.last = last;
		} else {
			cur = (struct live_log_range) { first, last, *bits };
			(*nr)++;
			*bits += last - first + 1;
		}
		if (log)
			log->range[*nr - 1] = cur;
	}
}

static struct live_log *live_log_alloc(struct rb_root_cached *root, unsigned int shift)
{
	struct live_log *log;
	unsigned int nr;
	u64 bits;

	live_log_cut(root, shift, &nr, &bits, NULL);
	while (bits > LIVE_LOG_MAX_BITS)
		live_log_cut(root, ++shift, &nr, &bits, NULL);

	log = kzalloc(struct_size(log, range, nr), GFP_KERNEL_ACCOUNT);
	if (!log)
		return NULL;
	log->dirty = kvcalloc(BITS_TO_LONGS(bits), sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!log->dirty) {
		kfree(log);
		return NULL;
	}
	kref_init(&log->ref);
	log->shift = shift;
	log->nr = nr;
	live_log_cut(root, shift, &nr, &log->bits, log);
	return log;
}

static struct live_log *live_log_locked(struct vfio_pci_live *live)
{
	return rcu_dereference_protected(live->log, lockdep_is_held(&live->lock));
}

static void live_log_replace(struct vfio_pci_live *live, struct live_log *log)
{
	struct live_log *old = live_log_locked(live);

	rcu_assign_pointer(live->log, log);
	if (!old)
		return;
	/* vfio_pci_live_dirty() may be using it. */
	synchronize_rcu();
	kref_put(&old->ref, live_log_free);
}

void live_log_end(struct vfio_pci_live *live)
{
	if (!live_log_locked(live))
		return;
	if (live->ops->log_stop)
		live->ops->log_stop(live->vdev);
	live_log_replace(live, NULL);
}

u64 live_log_page_size(struct vfio_pci_live *live)
{
	struct live_log *log = live_log_locked(live);

	return log ? 1ULL << log->shift : 0;
}

/* Index of the first range that ends at or after a granule, or nr. */
static unsigned int live_log_find(const struct live_log *log, u64 granule)
{
	unsigned int low = 0, high = log->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (log->range[mid].last < granule)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * vfio_pci_live_dirty - SDK: the device has written guest memory
 * @vdev: a device whose live migration has @dirty_log
 * @iova: address of the first byte, as the device uses it
 * @len: length in bytes
 *
 * Call it after the write, or both before and after it: a report may come in between.  Ranges that
 * user space does not log are ignored.
 *
 * Context: any, hard interrupts included.
 */
void vfio_pci_live_dirty(struct vfio_pci_core_device *vdev, u64 iova, u64 len)
{
	struct live_log *log;
	u64 first, last, at;
	unsigned int i;

	if (!len)
		return;

	rcu_read_lock();
	log = rcu_dereference(vdev->live->log);
	if (log) {
		first = iova >> log->shift;
		last = (iova + len - 1 < iova ? U64_MAX : iova + len - 1) >> log->shift;
		for (i = live_log_find(log, first); i < log->nr; i++) {
			const struct live_log_range *range = &log->range[i];

			if (range->first > last)
				break;
			for (at = max(first, range->first); at <= min(last, range->last); at++)
				set_bit(range->bit + at - range->first, log->dirty);
		}
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vfio_pci_live_dirty);

static int live_log_start(struct vfio_device *core_vdev, struct rb_root_cached *ranges, u32 nnodes,
			  u64 *page_size)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;
	struct interval_tree_node *node;
	struct live_log *log;
	int ret = 0;

	/* vfio.ko checked the ranges' alignment to *page_size, but not that it is a power of 2. */
	if (*page_size < SZ_4K || !is_power_of_2(*page_size))
		return -EINVAL;
	for (node = interval_tree_iter_first(ranges, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		if (node->last < node->start)	/* a length of 0 */
			return -EINVAL;

	log = live_log_alloc(ranges, ilog2(*page_size));
	if (!log)
		return -ENOMEM;

	live_lock(live);
	if (live_log_locked(live)) {
		ret = -EINVAL;
		kref_put(&log->ref, live_log_free);
		goto unlock;
	}
	live_log_replace(live, log);
	if (live->ops->log_start)
		ret = live->ops->log_start(live->vdev, 1ULL << log->shift);
	if (ret) {
		live_log_replace(live, NULL);
		goto unlock;
	}
	*page_size = 1ULL << log->shift;
	trace_vfio_pci_live_log(live->vdev->pdev, nnodes, log->nr, *page_size);
unlock:
	live_unlock(live);
	return ret;
}

static int live_log_stop(struct vfio_device *core_vdev)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;

	live_lock(live);
	live_log_end(live);
	live_unlock(live);
	return 0;
}

/* Report granules of a range between two addresses, both included. */
static void live_log_report(struct live_log *log, const struct live_log_range *range, u64 from,
			    u64 to, struct iova_bitmap *bitmap)
{
	u64 first = max(range->first, from >> log->shift) - range->first + range->bit;
	u64 last = min(range->last, to >> log->shift) - range->first + range->bit;
	u64 bit;

	for (bit = find_next_bit(log->dirty, last + 1, first); bit <= last;
	     bit = find_next_bit(log->dirty, last + 1, bit + 1)) {
		u64 start = (bit - range->bit + range->first) << log->shift;
		u64 end = start + (1ULL << log->shift) - 1;

		/* Keep bits outside of the requested range for a later report. */
		if (start >= from && end <= to)
			clear_bit(bit, log->dirty);
		start = max(start, from);
		end = min(end, to);
		iova_bitmap_set(bitmap, start, end - start + 1);
	}
}

static int live_log_read_and_clear(struct vfio_device *core_vdev, unsigned long iova,
				   unsigned long length, struct iova_bitmap *bitmap)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;
	u64 last = iova + length - 1;
	struct live_log *log;
	unsigned int i;
	int ret = 0;

	live_lock(live);
	log = live_log_locked(live);
	if (!log)
		ret = -EINVAL;
	else if (live->ops->log_sync)
		ret = live->ops->log_sync(live->vdev, iova, length);
	if (!ret)
		kref_get(&log->ref);
	live_unlock(live);
	if (ret)
		return ret;

	/* Without the lock: the bitmap is user memory. */
	for (i = live_log_find(log, iova >> log->shift); i < log->nr; i++) {
		if (log->range[i].first > last >> log->shift)
			break;
		live_log_report(log, &log->range[i], iova, last, bitmap);
	}
	kref_put(&log->ref, live_log_free);
	return 0;
}

const struct vfio_log_ops live_log_ops = {
	.log_start		= live_log_start,
	.log_stop		= live_log_stop,
	.log_read_and_clear	= live_log_read_and_clear,
};

MODULE_IMPORT_NS("IOMMUFD");
