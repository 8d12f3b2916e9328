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
 * @len: bytes; page multiple but for the last segment of a BAR smaller than a page
 * @io: kernel mapping of the first byte
 * @maplen: on the first segment of a run that was mapped at once, the run's length; else 0
 * @type: verified memory type
 * @mtrr: arch_phys_wc_add()'s handle of the run; owned by the segment that has @maplen
 * @refused: the driver declared it write-combining, which was not granted
 * @bits: vfio_pci_memtype_bits() of @type
 *
 * Segments of a BAR are sorted and cover it without gaps.  No page-table entry and no fault window
 * ever crosses from one into the next, so a driver that declared a range can rely on its borders.
 */
struct vfio_pci_segment {
	u64			start;
	u64			len;
	void __iomem		*io;
	u64			maplen;
	enum vfio_pci_memtype	type;
	int			mtrr;
	bool			refused;
	unsigned long		bits;
};

int vfio_pci_bars_map_declared(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_unmap(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_probe_mmap(struct vfio_pci_core_device *vdev);
int vfio_pci_bar_use(struct vfio_pci_core_device *vdev, unsigned int bar);

/* Segment of a byte of a BAR that is mapped already, or NULL. */
static inline const struct vfio_pci_segment *
vfio_pci_bar_find(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	/* Pairs with bar_map(): who sees the number sees what it counts. */
	unsigned int nr = smp_load_acquire(&vdev->nr_segments[bar]);
	const struct vfio_pci_segment *seg = vdev->segments[bar];

	for (; nr; nr--, seg++)
		if (offset - seg->start < seg->len)
			return seg;
	return NULL;
}

/*
 * The same for any BAR: the first use claims and maps it, and may sleep.  Or an ERR_PTR(): the
 * errors of vfio_pci_core_get_iomap(), -EINVAL past the BAR's end.
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
