// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver may know of a mapping: its device, and the part of a region that it shows.  How
 * the core finds a mapping is in vfio_pci_mapping_shared.c or vfio_pci_mapping_own.c.
 */
#include <linux/export.h>
#include <linux/mm.h>

#include "vfio_pci_priv.h"

/**
 * vfio_pci_core_vma_device - the device that a mapping belongs to
 * @vma: a mapping that vfio_pci_core_mmap() or vfio_pci_core_vma_setup() has set up
 *
 * How a mapping refers to its device is the core's: do not read vma->vm_private_data.
 *
 * Context: any in which @vma is stable: a fault handler, or mmap_lock held.
 * Return: the device.
 */
struct vfio_pci_core_device *vfio_pci_core_vma_device(const struct vm_area_struct *vma)
{
	return vfio_pci_mapping_device(vma);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_vma_device);

/**
 * vfio_pci_core_vma_index - the region that a mapping shows
 * @vma: a mapping of the device file, or one that is being made
 *
 * What vma->vm_pgoff counts is the core's: do not read it.
 *
 * Context: as vfio_pci_core_vma_device(), and in .mmap before the mapping is set up.
 * Return: VFIO_PCI_BAR0_REGION_INDEX and up; in .mmap, before the core has checked it, any number.
 */
unsigned int vfio_pci_core_vma_index(const struct vm_area_struct *vma)
{
	return VFIO_PCI_OFFSET_TO_INDEX(vfio_pci_mapping_pos(vma));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_vma_index);

/**
 * vfio_pci_core_vma_offset - where in the region an address of a mapping lies
 * @vma: a mapping of the device file, or one that is being made
 * @addr: the address: vma->vm_start, or vmf->address in a fault handler
 *
 * Context: as vfio_pci_core_vma_index().
 * Return: bytes from the beginning of the region; in .mmap, before the core has checked it,
 * possibly beyond its end.
 */
u64 vfio_pci_core_vma_offset(const struct vm_area_struct *vma, unsigned long addr)
{
	return (vfio_pci_mapping_pos(vma) & VFIO_PCI_OFFSET_MASK) + (addr - vma->vm_start);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_vma_offset);

/**
 * vfio_pci_core_vma_setup - make a mapping one that the core finds
 * @vdev: the device
 * @vma: the mapping, in .mmap of the driver or of a region
 * @ops: its callbacks: the driver's fault handlers
 *
 * For a driver that maps a region without vfio_pci_core_mmap(): sets vm_ops, and whatever
 * vfio_pci_core_vma_device() and zaps need.  Range, flags and protection are the driver's business.
 *
 * Context: process, mmap_lock held for write.
 * Return: 0 or -errno, never other than 0 but with MAPPINGS=own.
 */
int vfio_pci_core_vma_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma,
			    const struct vm_operations_struct *ops)
{
	vma->vm_ops = ops;
	return vfio_pci_mapping_setup(vdev, vma);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_vma_setup);
