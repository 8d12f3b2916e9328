/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_PRIVATE_H
#define VFIO_PCI_PRIVATE_H

struct vfio_pci_mmap_vma {
	struct vm_area_struct	*vma;
	struct list_head	vma_next;
};

struct vfio_pci_device {
	struct pci_dev		*pdev;
	void __iomem		*barmap[PCI_STD_NUM_BARS];
	bool			bar_mmap_supported[PCI_STD_NUM_BARS];
	struct vfio_pci_region	*region;
	int			num_regions;
	int			irq_type;
	struct mutex		igate;
	struct mutex		reflck_lock;
	spinlock_t		irqlock;
	struct pci_saved_state	*pci_saved_state;
	int			refcnt;
	bool			reset_works;
	bool			needs_reset;
	bool			pci_2_3;
	bool			has_vga;
	struct mutex		ioeventfds_lock;
	struct list_head	ioeventfds_list;
	struct mutex		vma_lock;
	struct list_head	vma_list;
	struct rw_semaphore	memory_lock;
};

bool __vfio_pci_memory_enabled(struct vfio_pci_device *vdev);
void vfio_pci_zap_and_down_write_memory_lock(struct vfio_pci_device *vdev);
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_device *vdev);
void vfio_pci_memory_unlock_and_restore(struct vfio_pci_device *vdev, u16 cmd);

#endif
