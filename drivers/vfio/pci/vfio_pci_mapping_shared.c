// SPDX-License-Identifier: GPL-2.0-only
/*
 * How mappings are found: all of a device belong to one address space, at their offset in the
 * device file.  vfio_pci_mapping_own.c is the other way; see docs/adr/0012.
 */
#include <linux/mm.h>

#include "vfio_pci_priv.h"

struct vfio_pci_core_device *vfio_pci_mapping_device(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

u64 vfio_pci_mapping_pos(const struct vm_area_struct *vma)
{
	return (u64)vma->vm_pgoff << PAGE_SHIFT;
}

int vfio_pci_mapping_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	vma->vm_private_data = vdev;
	return 0;
}

void vfio_pci_mapping_zap(struct vfio_pci_core_device *vdev, loff_t offset, u64 len)
{
	unmap_mapping_range(vfio_pci_core_mapping(vdev), offset, len, true);
}
