/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_pci_bars.c: memory-type segments of BARs and their kernel mappings.
 *
 * For files that reach or map a BAR.
 */
#ifndef VFIO_PCI_BARS_H
#define VFIO_PCI_BARS_H

#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_segment - part of a BAR that has one memory type
 * @start: offset of its first byte in the BAR, page aligned
 * @len: bytes; a page multiple, except in a BAR smaller than a page
 * @io: kernel mapping of the first byte
 * @maplen: length of the run that one ioremap*() mapped; 0 except in its first segment
 * @type: verified memory type
 * @mtrr: handle from arch_phys_wc_add(); freed by the segment that has @maplen
 * @refused: the driver declared it write-combining, which was not granted
 * @no_mmap: user space cannot map it
 * @bits: vfio_pci_memtype_bits() of @type
 *
 * Segments of a BAR are sorted and cover it without gaps.  No page-table entry and no fault window
 * crosses a border between segments, so a driver can rely on the borders of a declared range.
 */
struct vfio_pci_segment {
	u64			start;
	u64			len;
	void __iomem		*io;
	u64			maplen;
	enum vfio_pci_memtype	type;
	int			mtrr;
	bool			refused;
	bool			no_mmap;
	unsigned long		bits;
};

int vfio_pci_bars_map_declared(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_unmap(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_probe_mmap(struct vfio_pci_core_device *vdev);
int vfio_pci_bar_use(struct vfio_pci_core_device *vdev, unsigned int bar);
bool vfio_pci_bar_is_mappable(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset,
			      u64 len);

/* Segment of a byte of a BAR, or NULL if the BAR is not mapped yet. */
static inline const struct vfio_pci_segment *
vfio_pci_bar_find(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	/* Pairs with smp_store_release() in bar_map(): a non-zero count covers valid segments. */
	unsigned int nr = smp_load_acquire(&vdev->nr_segments[bar]);
	const struct vfio_pci_segment *seg = vdev->segments[bar];

	for (; nr; nr--, seg++)
		if (offset - seg->start < seg->len)
			return seg;
	return NULL;
}

/*
 * As vfio_pci_bar_find(), for any BAR: the first use claims and maps it, and may sleep.  Returns an
 * ERR_PTR() on failure: the errors of vfio_pci_core_get_iomap(), or -EINVAL past the BAR's end.
 */
static inline const struct vfio_pci_segment *
vfio_pci_bar_segment(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	const struct vfio_pci_segment *seg = vfio_pci_bar_find(vdev, bar, offset);
	int ret;

	if (likely(seg))
		return seg;

	ret = vfio_pci_bar_use(vdev, bar);
	if (ret)
		return ERR_PTR(ret);
	return vfio_pci_bar_find(vdev, bar, offset) ?: ERR_PTR(-EINVAL);
}

/* vfio_pci_memtype_x86.c, vfio_pci_memtype_generic.c: what the architecture really granted. */
bool vfio_pci_memtype_granted(void __iomem *io, enum vfio_pci_memtype type, int mtrr);
const char *vfio_pci_memtype_hint(void);
unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type);
pgprot_t vfio_pci_memtype_prot(pgprot_t prot, const struct vfio_pci_segment *seg);

#endif /* VFIO_PCI_BARS_H */
