/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_PRIVATE_H
#define VFIO_PCI_PRIVATE_H

#include <linux/pci.h>

#define VFIO_PCI_OFFSET_SHIFT		40
#define VFIO_PCI_OFFSET_TO_INDEX(off)	((off) >> VFIO_PCI_OFFSET_SHIFT)
#define VFIO_PCI_INDEX_TO_OFFSET(index)	((u64)(index) << VFIO_PCI_OFFSET_SHIFT)

struct vfio_pci_mmap_vma {
	struct list_head	vma_next;
	struct vm_area_struct	*vma;
};

struct vfio_pci_device {
	struct pci_dev		*pdev;
	unsigned long		may_map;	/* a bit for each BAR */
	unsigned long		claimed;
	unsigned int		users;
	bool			can_reset;
	struct pci_saved_state	*at_open;
	struct mutex		open_lock;
	struct mutex		igate;
	struct mutex		vma_lock;
	struct list_head	vma_list;
	struct rw_semaphore	memory_lock;
};

bool vfio_pci_memory_on(struct vfio_pci_device *vdev);
void vfio_pci_zap_and_down_write_memory_lock(struct vfio_pci_device *vdev);
int vfio_pci_write_command(struct vfio_pci_device *vdev, u16 wanted);
int vfio_pci_irqs(struct vfio_pci_device *vdev, struct vfio_irq_set *what, void *data);

#endif
