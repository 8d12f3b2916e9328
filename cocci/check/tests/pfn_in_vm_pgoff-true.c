// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	phys_addr_t window;
};

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = container_of(core_vdev, struct acme_device, core_device.vdev);

	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vma->vm_pgoff = PHYS_PFN(acme->window); // finds VPS-MMAP-03
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	/* a scrambled offset is no better than a frame */
	vma->vm_pgoff += PHYS_PFN(pci_resource_start(vdev->pdev, 2)); // finds VPS-MMAP-03
	return 0;
}

static int acme_bar_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	/* nor is one without the region's index */
	vma->vm_pgoff &= ACME_PGOFF_MASK; // finds VPS-MMAP-03
	return vfio_pci_core_mmap(core_vdev, vma);
}
