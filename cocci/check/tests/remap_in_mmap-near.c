// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* a page of the kernel's own stays valid through every reset */
static int acme_status_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, virt_to_phys(region->data) >> PAGE_SHIFT,
			       PAGE_SIZE, vma->vm_page_prot);
}

static int acme_log_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			 struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, region->data, 0);
}
