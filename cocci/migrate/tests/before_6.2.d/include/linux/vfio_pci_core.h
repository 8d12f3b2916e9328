/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_CORE_H
#define VFIO_PCI_CORE_H

#include <linux/vfio.h>

struct vfio_pci_core_device {
	struct vfio_device	vdev;
	struct pci_dev		*pdev;
	void __iomem		*barmap[PCI_STD_NUM_BARS];
	bool			needs_reset;
	struct mutex		ioeventfds_lock;
	struct mutex		vma_lock;	/* protects vma_list */
	struct list_head	vma_list;
	struct rw_semaphore	memory_lock;
};

#endif
