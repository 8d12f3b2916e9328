/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table entries: vfio_pci_mmap.c decides which to insert, vfio_pci_entries_*.c write them. */
#ifndef VFIO_PCI_ENTRIES_H
#define VFIO_PCI_ENTRIES_H

#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_window - a run of page-table entries of one size, all in one table
 * @vma: the mapping
 * @start: first address
 * @end: first address after the run
 * @pfn: page frame at @start
 * @prot: protection and memory type
 */
struct vfio_pci_window {
	struct vm_area_struct	*vma;
	unsigned long		start;
	unsigned long		end;
	unsigned long		pfn;
	pgprot_t		prot;
};

/* vfio_pci_mmap.c */
vm_fault_t vfio_pci_insert_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order);

/* vfio_pci_entries_x86.c, vfio_pci_entries_generic.c; @order 0 needs a page table at vmf->pmd. */
vm_fault_t vfio_pci_insert_window(struct vm_fault *vmf, const struct vfio_pci_window *win,
				  unsigned int order);

#endif /* VFIO_PCI_ENTRIES_H */
