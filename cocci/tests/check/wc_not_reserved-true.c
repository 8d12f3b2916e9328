// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret = vfio_pci_core_enable(vdev);

	if (ret)
		return ret;
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret)
		vma->vm_page_prot = pgprot_writecombine(vm_get_page_prot(vma->vm_flags)); // finds VPS-MEMT-02
	return ret;
}

static int acme_window_mmap(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	vma->vm_private_data = acme_window(pci_resource_start(vdev->pdev, 2));
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot); // finds VPS-MEMT-02
	return acme_setup(vdev, vma);
}
