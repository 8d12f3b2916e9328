// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: resource claims, memory-type segments and kernel mappings.
 *
 * A sorted array of segments covers each BAR.  Adjacent segments of one type form a run and are
 * mapped by one call with that type, so that the reservation, the kernel mapping and the entries
 * of user space agree.  The granted type is then verified: see vfio_pci_memtype_x86.c.
 *
 * A BAR is claimed and mapped at its first use (docs/adr/0003), but at open if the driver declared
 * memory types for it: the driver may query the result or make the open fail.  bars_lock serialises
 * first users; once nr_segments[] is set no lock is needed until close.
 */
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_bars.h"

/* A range declared with vfio_pci_core_set_memtype(). */
struct memtype_range {
	struct list_head	next;
	unsigned int		bar;
	u64			start;
	u64			end;
	enum vfio_pci_memtype	type;
	unsigned int		flags;
};

/* Rest of the page after a sub-page BAR, reserved so that no other BAR is placed there. */
struct page_rest {
	struct list_head	next;
	struct resource		res;
};

/**
 * vfio_pci_core_set_memtype - declare the memory type of a part of a BAR
 * @vdev: the device, after vfio_pci_core_init_dev() and while it is closed, or in the driver's
 *	open_device before vfio_pci_core_enable()
 * @bar: 0 to 5
 * @offset: first byte in the BAR; page aligned
 * @len: bytes; a page multiple, not 0.  For a BAR smaller than a page, one page
 * @type: the type
 * @flags: %VFIO_PCI_MEMTYPE_STRICT, %VFIO_PCI_MEMTYPE_NONPREFETCH, %VFIO_PCI_MEMTYPE_NO_MMAP
 *
 * Takes effect at the next open and every later one.  Undeclared parts are uncached.  The pages
 * that hold the MSI-X table and pending bits are always uncached.  A BAR falls back, or fails the
 * open, as a whole; it is strict if one of its ranges is.
 *
 * A declared range is a segment of its own, even when its neighbours have the same type: no
 * page-table entry and no fault window crosses its borders.  Declaring the same range again with
 * the same type and flags does nothing.
 *
 * Context: process; the caller serialises calls for one device.
 * Return: 0; -EINVAL bad range, not a memory BAR, write-combining on one smaller than a page, or
 * unknown flags; -EPERM write-combining on a BAR that is not prefetchable, without
 * %VFIO_PCI_MEMTYPE_NONPREFETCH; -EEXIST overlaps another declaration; -EBUSY the device is open;
 * -ENOMEM.
 */
int vfio_pci_core_set_memtype(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset,
			      u64 len, enum vfio_pci_memtype type, unsigned int flags)
{
	struct memtype_range *range;
	unsigned long res_flags;
	u64 bar_len;

	if (bar >= PCI_STD_NUM_BARS ||
	    flags & ~(VFIO_PCI_MEMTYPE_STRICT | VFIO_PCI_MEMTYPE_NONPREFETCH |
		      VFIO_PCI_MEMTYPE_NO_MMAP))
		return -EINVAL;

	res_flags = pci_resource_flags(vdev->pdev, bar);
	bar_len = pci_resource_len(vdev->pdev, bar);
	if (!(res_flags & IORESOURCE_MEM) || !len || !PAGE_ALIGNED(offset | len) ||
	    offset >= bar_len || len > PAGE_ALIGN(bar_len) - offset)
		return -EINVAL;
	/* The type would also apply to what follows the BAR in its last page. */
	if (type == VFIO_PCI_MEMTYPE_WC && !PAGE_ALIGNED(bar_len))
		return -EINVAL;
	if (type == VFIO_PCI_MEMTYPE_WC && !(res_flags & IORESOURCE_PREFETCH) &&
	    !(flags & VFIO_PCI_MEMTYPE_NONPREFETCH))
		return -EPERM;
	if (vdev->vconfig)
		return -EBUSY;

	len = min(len, bar_len - offset);
	list_for_each_entry(range, &vdev->memtypes, next) {
		if (range->bar != bar || offset >= range->end || offset + len <= range->start)
			continue;
		if (range->start == offset && range->end == offset + len && range->type == type &&
		    range->flags == flags)
			return 0;
		return -EEXIST;
	}

	/* Lives as long as the driver is bound: a failing .init gets no release callback. */
	range = devm_kmalloc(&vdev->pdev->dev, sizeof(*range), GFP_KERNEL);
	if (!range)
		return -ENOMEM;

	*range = (struct memtype_range){
		.bar = bar, .start = offset, .end = offset + len, .type = type, .flags = flags,
	};
	list_add_tail(&range->next, &vdev->memtypes);
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_set_memtype);

/**
 * vfio_pci_core_get_memtype - verified memory type of a byte of a BAR
 * @vdev: an open device, after vfio_pci_core_enable()
 * @bar: 0 to 5
 * @offset: byte in the BAR
 *
 * Context: any.
 * Return: the verified type; %VFIO_PCI_MEMTYPE_UC if the BAR is not mapped or too short.
 */
enum vfio_pci_memtype vfio_pci_core_get_memtype(struct vfio_pci_core_device *vdev, unsigned int bar,
						u64 offset)
{
	const struct vfio_pci_segment *seg = vfio_pci_bar_find(vdev, bar, offset);

	return seg ? seg->type : VFIO_PCI_MEMTYPE_UC;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_get_memtype);

/**
 * vfio_pci_core_get_iomap - kernel mapping of a whole BAR
 * @vdev: the device, between vfio_pci_core_enable() and vfio_pci_core_disable()
 * @bar: 0 to 5
 *
 * The first use of a BAR claims and maps it.  To have the mapping in a context that must not sleep,
 * or to claim a BAR that the core never sees used, call this once when the device is opened.
 *
 * A BAR with more than one memory type has no single mapping: use
 * vfio_pci_core_get_iomap_range().
 *
 * Context: process, and may sleep; any after a call that succeeded, until close.
 * Return: the mapping, or an ERR_PTR(): -EINVAL no such BAR, -ENODEV the BAR is absent, -EBUSY its
 * resource or memory type is taken, -ENOMEM it could not be mapped, -EOPNOTSUPP it has several
 * memory types.
 */
void __iomem *vfio_pci_core_get_iomap(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	const struct vfio_pci_segment *seg;

	if (WARN_ON_ONCE(bar >= PCI_STD_NUM_BARS))
		return IOMEM_ERR_PTR(-EINVAL);

	seg = vfio_pci_bar_segment(vdev, bar, 0);
	return IS_ERR(seg) ? IOMEM_ERR_PTR(PTR_ERR(seg)) : vdev->barmap[bar];
}
EXPORT_SYMBOL_GPL(vfio_pci_core_get_iomap);

/**
 * vfio_pci_core_get_iomap_range - kernel mapping of a part of a BAR
 * @vdev: the device, between vfio_pci_core_enable() and vfio_pci_core_disable()
 * @bar: 0 to 5
 * @offset: first byte in the BAR
 * @len: bytes, not 0
 *
 * Stores to a write-combining range may stay and merge in a buffer of the CPU until wmb(); a read
 * of the range does not flush the buffers of other CPUs.
 *
 * Context: as vfio_pci_core_get_iomap().
 * Return: address of the first byte, or an ERR_PTR(): -EINVAL beyond the BAR or across two memory
 * types, else as vfio_pci_core_get_iomap().
 */
void __iomem *vfio_pci_core_get_iomap_range(struct vfio_pci_core_device *vdev, unsigned int bar,
					    u64 offset, u64 len)
{
	const struct vfio_pci_segment *seg, *last;
	void __iomem *io;

	if (bar >= PCI_STD_NUM_BARS || !len || len > U64_MAX - offset)
		return IOMEM_ERR_PTR(-EINVAL);

	seg = vfio_pci_bar_segment(vdev, bar, offset);
	if (IS_ERR(seg))
		return IOMEM_ERR_PTR(PTR_ERR(seg));
	last = vfio_pci_bar_find(vdev, bar, offset + len - 1);
	if (!last)
		return IOMEM_ERR_PTR(-EINVAL);

	/* Segments of one run are contiguous in the kernel mapping. */
	io = seg->io + (offset - seg->start);
	if (last != seg && last->io - seg->io != last->start - seg->start)
		return IOMEM_ERR_PTR(-EINVAL);
	return io;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_get_iomap_range);

/* Pages of the MSI-X table and of the pending bits in one BAR, as [start, end) pairs. */
static unsigned int bar_msix_pages(struct vfio_pci_core_device *vdev, unsigned int bar,
				   u64 pages[4])
{
	struct pci_dev *pdev = vdev->pdev;
	unsigned int nr = 0;
	u32 pba, start;

	if (!pdev->msix_cap)
		return 0;

	if (bar == vdev->msix_bar) {
		pages[nr++] = round_down(vdev->msix_offset, PAGE_SIZE);
		pages[nr++] = round_up((u64)vdev->msix_offset + vdev->msix_size, PAGE_SIZE);
	}

	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_PBA, &pba);
	if (bar == (pba & PCI_MSIX_PBA_BIR)) {
		start = pba & PCI_MSIX_PBA_OFFSET;
		pages[nr++] = round_down(start, PAGE_SIZE);
		/* One pending bit per 16-byte table entry, rounded up to 8 bytes. */
		pages[nr++] = round_up((u64)start + round_up(vdev->msix_size / 16, 64) / 8,
				       PAGE_SIZE);
	}
	return nr;
}

/* What the driver has declared for a byte of a BAR, or NULL. */
static struct memtype_range *bar_declared(struct vfio_pci_core_device *vdev, unsigned int bar,
					  u64 offset)
{
	struct memtype_range *range;

	list_for_each_entry(range, &vdev->memtypes, next)
		if (range->bar == bar && offset >= range->start && offset < range->end)
			return range;
	return NULL;
}

static enum vfio_pci_memtype bar_wanted_type(struct vfio_pci_core_device *vdev, unsigned int bar,
					     u64 offset, const u64 *msix, unsigned int nr_msix)
{
	const struct memtype_range *range = bar_declared(vdev, bar, offset);
	unsigned int i;

	for (i = 0; i < nr_msix; i += 2)
		if (offset >= msix[i] && offset < msix[i + 1])
			return VFIO_PCI_MEMTYPE_UC;

	return range ? range->type : VFIO_PCI_MEMTYPE_UC;
}

static int bar_compare_cuts(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/*
 * Split a BAR at the borders of declared ranges and of the MSI-X pages.  A BAR without declarations
 * is one segment: all of it is uncached.  Returns an array of *@nr segments, or NULL.
 */
static struct vfio_pci_segment *bar_build_segments(struct vfio_pci_core_device *vdev,
						   unsigned int bar, u64 len, unsigned int *nr)
{
	unsigned int nr_msix = 0, nr_cuts = 0, max_cuts = 2, i;
	struct vfio_pci_segment *segs, *seg;
	struct memtype_range *range;
	u64 msix[4], *cuts;

	list_for_each_entry(range, &vdev->memtypes, next)
		max_cuts += range->bar == bar ? 2 : 0;
	if (max_cuts > 2)
		nr_msix = bar_msix_pages(vdev, bar, msix);
	max_cuts += nr_msix;

	cuts = kmalloc_array(max_cuts, sizeof(*cuts), GFP_KERNEL);
	segs = kcalloc(max_cuts - 1, sizeof(*segs), GFP_KERNEL_ACCOUNT);
	if (!cuts || !segs) {
		kfree(cuts);
		kfree(segs);
		return NULL;
	}

	cuts[nr_cuts++] = 0;
	cuts[nr_cuts++] = len;
	list_for_each_entry(range, &vdev->memtypes, next) {
		if (range->bar != bar)
			continue;
		cuts[nr_cuts++] = range->start;
		cuts[nr_cuts++] = range->end;
	}
	for (i = 0; i < nr_msix; i++)
		cuts[nr_cuts++] = min(msix[i], len);
	if (nr_cuts > 2)
		sort(cuts, nr_cuts, sizeof(*cuts), bar_compare_cuts, NULL);

	seg = segs;
	for (i = 0; i + 1 < nr_cuts; i++) {
		if (cuts[i] == cuts[i + 1])
			continue;
		seg->start = cuts[i];
		seg->len = cuts[i + 1] - cuts[i];
		seg->type = bar_wanted_type(vdev, bar, cuts[i], msix, nr_msix);
		range = bar_declared(vdev, bar, cuts[i]);
		seg->no_mmap = range && range->flags & VFIO_PCI_MEMTYPE_NO_MMAP;
		seg++;
	}

	kfree(cuts);
	*nr = seg - segs;
	return segs;
}

static void bar_unmap_segments(struct vfio_pci_core_device *vdev, struct vfio_pci_segment *seg,
			       unsigned int nr)
{
	for (; nr; nr--, seg++) {
		if (seg->maplen) {
			pci_iounmap(vdev->pdev, seg->io);
			arch_phys_wc_del(seg->mtrr);
		}
		seg->io = NULL;
		seg->maplen = 0;
		seg->mtrr = 0;
	}
}

/*
 * Map and verify each run of one type.  -ENOMEM: not mapped, also if existing mappings of the run
 * conflict with each other; -EBUSY: mapped, but with another type.
 */
static int bar_map_segments(struct vfio_pci_core_device *vdev, unsigned int bar,
			    struct vfio_pci_segment *segs, unsigned int nr)
{
	struct pci_dev *pdev = vdev->pdev;
	bool io_ports = pci_resource_flags(pdev, bar) & IORESOURCE_IO;
	struct vfio_pci_segment *seg, *next, *end = segs + nr;
	phys_addr_t phys;
	int ret;

	for (seg = segs; seg < end; seg = next) {
		seg->maplen = seg->len;
		for (next = seg + 1; next < end && next->type == seg->type; next++)
			seg->maplen += next->len;

		phys = pci_resource_start(pdev, bar) + seg->start;
		if (io_ports) {
			seg->io = pci_iomap(pdev, bar, 0);
		} else if (seg->type == VFIO_PCI_MEMTYPE_WC) {
			seg->mtrr = arch_phys_wc_add(phys, seg->maplen);
			seg->io = ioremap_wc(phys, seg->maplen);
		} else {
			seg->io = ioremap(phys, seg->maplen);
		}

		if (!seg->io) {
			arch_phys_wc_del(seg->mtrr);
			seg->maplen = 0;
			ret = -ENOMEM;
			goto unmap;
		}
		if (!io_ports && !vfio_pci_memtype_granted(seg->io, seg->type, seg->mtrr)) {
			ret = -EBUSY;
			goto unmap;
		}

		for (next = seg + 1; next < end && next->type == seg->type; next++) {
			next->io = seg->io + (next->start - seg->start);
			next->mtrr = seg->mtrr;
		}
	}
	return 0;

unmap:
	bar_unmap_segments(vdev, segs, nr);
	return ret;
}

static unsigned int bar_wc_flags(struct vfio_pci_core_device *vdev, unsigned int bar, bool *any)
{
	struct memtype_range *range;
	unsigned int flags = 0;

	*any = false;
	list_for_each_entry(range, &vdev->memtypes, next) {
		if (range->bar != bar || range->type != VFIO_PCI_MEMTYPE_WC)
			continue;
		*any = true;
		flags |= range->flags;
	}
	return flags;
}

/*
 * The first attempt failed: refuse or fall back to uncached, as the driver chose.  Rate-limit the
 * messages: user space can hold a conflicting mapping and open the device repeatedly.
 */
static int bar_map_fallback(struct vfio_pci_core_device *vdev, unsigned int bar,
			    struct vfio_pci_segment *segs, unsigned int nr, int ret)
{
	struct device *dev = &vdev->pdev->dev;
	const char *hint = vfio_pci_memtype_hint();
	struct vfio_pci_segment *seg;
	unsigned int flags;
	bool wc;

	flags = bar_wc_flags(vdev, bar, &wc);
	if (wc && flags & VFIO_PCI_MEMTYPE_STRICT) {
		dev_err_ratelimited(dev, "BAR %u: write-combining not granted (%s): open refused: %d\n",
				    bar, hint, ret);
		return -EBUSY;
	}

	if (wc) {
		for (seg = segs; seg < segs + nr; seg++) {
			seg->refused = seg->type == VFIO_PCI_MEMTYPE_WC;
			seg->type = VFIO_PCI_MEMTYPE_UC;
		}
		ret = bar_map_segments(vdev, bar, segs, nr);
	}

	if (ret)
		dev_warn_ratelimited(dev, "BAR %u: cannot be mapped uncached (%s): not used: %d\n",
				     bar, hint, ret);
	else
		dev_warn_ratelimited(dev, "BAR %u: write-combining not granted (%s): uncached\n",
				     bar, hint);
	return ret;
}

/* Not pci_request_region(): it logs each failure, which user space can repeat at will. */
static bool bar_claim(struct pci_dev *pdev, unsigned int bar)
{
	resource_size_t start = pci_resource_start(pdev, bar), len = pci_resource_len(pdev, bar);

	if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
		return request_region(start, len, "vfio");
	return request_mem_region(start, len, "vfio");
}

static void bar_release(struct pci_dev *pdev, unsigned int bar)
{
	resource_size_t start = pci_resource_start(pdev, bar), len = pci_resource_len(pdev, bar);

	if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
		release_region(start, len);
	else
		release_mem_region(start, len);
}

static void bar_trace_memtypes(const struct vfio_pci_core_device *vdev, unsigned int bar,
			       const struct vfio_pci_segment *seg, unsigned int nr, int ret)
{
	for (; nr; nr--, seg++)
		trace_vfio_pci_memtype(vdev->pdev, bar, seg->start, seg->len,
				       seg->refused ? VFIO_PCI_MEMTYPE_WC : seg->type, seg->type,
				       ret);
}

/* Claim and map a BAR.  Returns 0, or -errno with everything undone. */
static int bar_map(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	struct pci_dev *pdev = vdev->pdev;
	u64 len = pci_resource_len(pdev, bar);
	struct vfio_pci_segment *segs;
	unsigned int nr, i;
	int ret;

	lockdep_assert_held(&vdev->bars_lock);

	if (!len || !pdev_bars_mappable(pdev))
		return -ENODEV;
	if (!bar_claim(pdev, bar)) {
		dev_warn_ratelimited(&pdev->dev, "Failed to reserve region %u: taken by another driver\n",
				     bar);
		return -EBUSY;
	}

	ret = -ENOMEM;
	segs = bar_build_segments(vdev, bar, len, &nr);
	if (!segs)
		goto release;
	ret = bar_map_segments(vdev, bar, segs, nr);
	if (ret)
		ret = bar_map_fallback(vdev, bar, segs, nr, ret);
	if (trace_vfio_pci_memtype_enabled())
		bar_trace_memtypes(vdev, bar, segs, nr, ret);
	if (ret)
		goto free;

	for (i = 0; i < nr; i++)
		segs[i].bits = vfio_pci_memtype_bits(segs[i].type);
	vdev->segments[bar] = segs;
	vdev->barmap[bar] = segs->maplen == len ? segs->io : IOMEM_ERR_PTR(-EOPNOTSUPP);
	/* Pairs with vfio_pci_bar_find(). */
	smp_store_release(&vdev->nr_segments[bar], nr);
	return 0;

free:
	kfree(segs);
release:
	bar_release(pdev, bar);
	return ret;
}

/*
 * Claim and map a BAR unless that is done.  Returns 0 or -errno. bars_lock is a leaf lock: mmap
 * calls this with mmap_lock held, drivers may call it with memory_lock held.
 */
int vfio_pci_bar_use(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	int ret = 0;

	if (WARN_ON_ONCE(!vdev->vconfig))
		return -ENODEV;

	mutex_lock(&vdev->bars_lock);
	if (!vdev->nr_segments[bar])
		ret = IS_ERR(vdev->barmap[bar]) ? PTR_ERR(vdev->barmap[bar]) : bar_map(vdev, bar);
	mutex_unlock(&vdev->bars_lock);
	return ret;
}

/*
 * At open, map the BARs with declared memory types.  A failure is final until the next open, so
 * that vfio_pci_core_get_memtype() tells the driver what user space will get; it fails the open if
 * the declaration is strict.
 */
int vfio_pci_bars_map_declared(struct vfio_pci_core_device *vdev)
{
	struct memtype_range *range;
	int ret;
	bool wc;

	list_for_each_entry(range, &vdev->memtypes, next) {
		ret = vfio_pci_bar_use(vdev, range->bar);
		if (!ret)
			continue;
		if (bar_wc_flags(vdev, range->bar, &wc) & VFIO_PCI_MEMTYPE_STRICT) {
			vfio_pci_bars_unmap(vdev);
			return ret;
		}
		vdev->barmap[range->bar] = IOMEM_ERR_PTR(ret);
	}
	return 0;
}

void vfio_pci_bars_unmap(struct vfio_pci_core_device *vdev)
{
	struct page_rest *rest, *tmp;
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!vdev->barmap[bar])
			continue;
		if (vdev->nr_segments[bar]) {
			bar_unmap_segments(vdev, vdev->segments[bar], vdev->nr_segments[bar]);
			vdev->nr_segments[bar] = 0;
			kfree(vdev->segments[bar]);
			vdev->segments[bar] = NULL;
			bar_release(vdev->pdev, bar);
		}
		vdev->barmap[bar] = NULL;
	}

	list_for_each_entry_safe(rest, tmp, &vdev->dummy_resources_list, next) {
		list_del(&rest->next);
		release_resource(&rest->res);
		kfree(rest);
	}
}

/* True if user space may map all of the range.  Segments with no_mmap exist from open on. */
bool vfio_pci_bar_is_mappable(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset,
			      u64 len)
{
	/* Pairs with bar_map(). */
	unsigned int nr = smp_load_acquire(&vdev->nr_segments[bar]);
	const struct vfio_pci_segment *seg = vdev->segments[bar];

	for (; nr; nr--, seg++)
		if (seg->no_mmap && offset < seg->start + seg->len && offset + len > seg->start)
			return false;
	return true;
}

/*
 * A sub-page BAR can be mapped only if it starts its page and the rest of the page is reserved for
 * as long as the device is open: no hot-plugged device may be assigned an address there.
 */
static bool bar_claim_page_rest(struct vfio_pci_core_device *vdev, const struct resource *bar_res)
{
	struct page_rest *rest;

	if (!PAGE_ALIGNED(bar_res->start))
		return false;

	rest = kzalloc(sizeof(*rest), GFP_KERNEL_ACCOUNT);
	if (!rest)
		return false;

	rest->res.name = "vfio sub-page reserved";
	rest->res.flags = bar_res->flags;
	rest->res.start = bar_res->end + 1;
	rest->res.end = PAGE_ALIGN(bar_res->end) - 1;
	if (request_resource(bar_res->parent, &rest->res)) {
		kfree(rest);
		return false;
	}
	list_add(&rest->next, &vdev->dummy_resources_list);
	return true;
}

/* Decide which BARs user space may map. */
void vfio_pci_bars_probe_mmap(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	const struct resource *res;
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		res = &pdev->resource[bar];
		vdev->bar_mmap_supported[bar] =
			pdev_bars_mappable(pdev) && res->flags & IORESOURCE_MEM &&
			resource_size(res) &&
			(resource_size(res) >= PAGE_SIZE || bar_claim_page_rest(vdev, res));
	}
}
