// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets iommufd map dma-bufs exported by this core (IOMMU_IOAS_MAP_FILE), for peer-to-peer DMA.
 *
 * iommufd finds the exporter by the name of a function of the kernel's core.  This core must load
 * beside the kernel's, so the name is exported by this separate module, which cannot be loaded
 * together with the kernel's core.
 */
#include <linux/export.h>
#include <linux/module.h>

#include "vfio_pci_priv.h"

static int iommufd_core_map(struct dma_buf_attachment *attachment, struct phys_vec *phys)
{
	return vfio_pci_dma_buf_iommufd_map(attachment, phys);
}

#undef vfio_pci_dma_buf_iommufd_map
typeof(iommufd_core_map) vfio_pci_dma_buf_iommufd_map;

/**
 * vfio_pci_dma_buf_iommufd_map - physical range of a buffer that our core exported
 * @attachment: iommufd's attachment
 * @phys: filled in
 *
 * Context: process; dma_resv of the buffer held.
 * Return: 0; -EOPNOTSUPP not a buffer of this core, or several ranges; -ENODEV revoked.
 */
int vfio_pci_dma_buf_iommufd_map(struct dma_buf_attachment *attachment, struct phys_vec *phys)
{
	return iommufd_core_map(attachment, phys);
}
EXPORT_SYMBOL_GPL(vfio_pci_dma_buf_iommufd_map);

MODULE_DESCRIPTION("Lets iommufd map the dma-bufs of vfio-pci-sdk-core");
MODULE_LICENSE("GPL");
