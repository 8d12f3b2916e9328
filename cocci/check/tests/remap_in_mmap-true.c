// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	unsigned long pfn = PHYS_PFN(pci_resource_start(vdev->pdev, 2));

	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	return io_remap_pfn_range(vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start, // finds VPS-MMAP-01
				  vma->vm_page_prot);
}

static int acme_map_window(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	if (vm_iomap_memory(vma, pci_resource_start(vdev->pdev, 4), SZ_1M)) // finds VPS-MMAP-01
		return -EAGAIN;
	return 0;
}
