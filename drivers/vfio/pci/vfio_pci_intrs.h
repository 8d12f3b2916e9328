/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by vfio_pci_intrs.c, vfio_pci_intx.c, vfio_pci_msi.c and vfio_pci_err.c. */
#ifndef VFIO_PCI_INTRS_H
#define VFIO_PCI_INTRS_H

#include "vfio_pci_priv.h"

/* Longest name of an interrupt, such as "vfio-msix[2047](10000:00:1f.7)". */
#define VFIO_PCI_IRQ_NAME_LEN	48

/**
 * struct vfio_pci_irq_request - one VFIO_DEVICE_SET_IRQS, copied in and validated
 * @index: VFIO_PCI_*_IRQ_INDEX
 * @start: first vector
 * @count: number of vectors; may be 0
 * @action: VFIO_IRQ_SET_ACTION_*; the handler of the index checks whether it is supported
 * @type: VFIO_IRQ_SET_DATA_*, exactly one
 * @bools: @count of them, if @type is BOOL
 * @fds: @count of them, if @type is EVENTFD
 */
struct vfio_pci_irq_request {
	unsigned int	index;
	unsigned int	start;
	unsigned int	count;
	u32		action;
	u32		type;
	union {
		const u8	*bools;
		const s32	*fds;
	};
};

/* True if the action applies to vector @start + @i.  Not for requests that carry eventfds. */
static inline bool vfio_pci_irq_wanted(const struct vfio_pci_irq_request *req, unsigned int i)
{
	return req->type == VFIO_IRQ_SET_DATA_NONE || req->bools[i];
}

/* True if INTx, MSI and MSI-X are all disabled; at most one of them may be enabled. */
static inline bool vfio_pci_irq_none(struct vfio_pci_core_device *vdev)
{
	return vdev->irq_type == VFIO_PCI_NUM_IRQS;
}

/* Called with igate held. */
int vfio_pci_intx_set(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req);
void vfio_pci_intx_disable(struct vfio_pci_core_device *vdev);
int vfio_pci_msi_set(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req);
void vfio_pci_msi_disable(struct vfio_pci_core_device *vdev);
int vfio_pci_eventfd_set(struct vfio_pci_core_device *vdev, struct vfio_pci_eventfd __rcu **slot,
			 const struct vfio_pci_irq_request *req);

#endif /* VFIO_PCI_INTRS_H */
