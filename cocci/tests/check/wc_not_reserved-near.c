// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_probe(struct pci_dev *pdev, struct acme_device *acme)
{
	int ret = vfio_pci_core_register_device(&acme->core_device);

	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

/* no BAR: memory of the machine, which has no reservation to lose */
static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);

	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return acme_setup(acme, vma, acme->memory);
}
