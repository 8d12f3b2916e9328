// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* made of the core's, and memory that is no BAR beside it */
static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	if (vma->vm_pgoff >> ACME_PGOFF_SHIFT == ACME_MEMORY) {
		vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
		return acme_map_memory(acme, vma);
	}
	ret = vfio_pci_core_mmap(core_vdev, vma);
	if (!ret)
		vma->vm_page_prot = pgprot_device(vma->vm_page_prot);
	return ret;
}
