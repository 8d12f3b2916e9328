// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* the core has checked, and so has a function of the driver's */
static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (ret)
		return ret;
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	int ret = acme_check(vdev, vma);

	if (ret)
		return ret;
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}
