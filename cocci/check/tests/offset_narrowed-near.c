// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* an index is small, and so is the number of pages of a small region */
static int acme_find(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u32 version = acme_version(vdev);

	return index == version ? 0 : -EINVAL;
}
