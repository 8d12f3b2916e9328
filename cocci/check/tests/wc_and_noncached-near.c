// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* one or the other */
static void acme_set_prot(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	if (acme_is_wc(vdev))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
}
