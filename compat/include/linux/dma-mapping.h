/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * <linux/dma-mapping.h> as Linux 7.3 has it, on older kernels.
 *
 * These kernels cannot allocate a range of IO virtual addresses: dma_iova_try_alloc() fails, as in
 * 7.3 without an IOMMU, and drivers map page by page.
 */
#include_next <linux/dma-mapping.h>

#ifndef VFIO_PCI_SDK_COMPAT_DMA_MAPPING_H
#define VFIO_PCI_SDK_COMPAT_DMA_MAPPING_H

#ifndef HAVE_DMA_IOVA_LINK
struct dma_iova_state {
	dma_addr_t	addr;
};

static inline bool dma_use_iova(struct dma_iova_state *state)
{
	return false;
}

static inline bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state,
				      phys_addr_t phys, size_t size)
{
	return false;
}

static inline int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
				size_t offset, size_t size, enum dma_data_direction dir,
				unsigned long attrs)
{
	return -EOPNOTSUPP;
}

static inline int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset,
				size_t size)
{
	return -EOPNOTSUPP;
}

static inline void dma_iova_destroy(struct device *dev, struct dma_iova_state *state,
				    size_t mapped_len, enum dma_data_direction dir,
				    unsigned long attrs)
{
}
#endif

#endif /* VFIO_PCI_SDK_COMPAT_DMA_MAPPING_H */
