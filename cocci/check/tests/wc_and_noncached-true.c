// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (ret)
		return ret;
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot); // finds VPS-MEMT-01
	return 0;
}

static void acme_set_prot(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	if (!acme_is_wc(vdev))
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot); // finds VPS-MEMT-01
}

static pgprot_t acme_prot(struct vm_area_struct *vma)
{
	return pgprot_writecombine(pgprot_noncached(vma->vm_page_prot)); // finds VPS-MEMT-01
}
