// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* no device memory */
static int acme_status_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) != 1)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, virt_to_page(region->data));
}

static const struct vfio_pci_regops acme_status_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_status_mmap,
};
