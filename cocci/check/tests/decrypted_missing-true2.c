// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* the core's protection is decrypted, the one that takes its place is not */
static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);
	pgprot_t plain = vm_get_page_prot(vma->vm_flags);
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret && acme->core_device.pdev->revision)
		vma->vm_page_prot = pgprot_writecombine(plain); // finds VPS-MMAP-08
	return ret;
}
