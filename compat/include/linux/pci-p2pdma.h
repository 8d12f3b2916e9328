/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/pci-p2pdma.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/pci-p2pdma.h>

#ifndef VFIO_PCI_SDK_COMPAT_PCI_P2PDMA_H
#define VFIO_PCI_SDK_COMPAT_PCI_P2PDMA_H

#ifndef HAVE_PCIM_P2PDMA_PROVIDER
struct p2pdma_provider;

/* No BAR of these kernels provides memory to peers without struct page. */
static inline struct p2pdma_provider *pcim_p2pdma_provider(struct pci_dev *pdev, int bar)
{
	return NULL;
}
#endif

#endif /* VFIO_PCI_SDK_COMPAT_PCI_P2PDMA_H */
