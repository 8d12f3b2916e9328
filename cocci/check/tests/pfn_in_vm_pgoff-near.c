// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	unsigned long vm_pgoff;
};

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	unsigned long pgoff = vma->vm_pgoff;
	int ret;

	/* dma_mmap_coherent() wants the offset in the buffer; ours is put back */
	vma->vm_pgoff = 0;
	ret = dma_mmap_coherent(&vdev->pdev->dev, vma, region->data, acme_dma, region->size);
	vma->vm_pgoff = pgoff;
	return ret;
}
