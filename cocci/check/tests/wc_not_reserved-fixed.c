// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret = arch_io_reserve_memtype_wc(acme_start(vdev), SZ_1M);

	if (ret)
		return ret;
	ret = vfio_pci_core_enable(vdev);
	if (ret) {
		arch_io_free_memtype_wc(acme_start(vdev), SZ_1M);
		return ret;
	}
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret)
		vma->vm_page_prot = pgprot_decrypted(pgprot_writecombine(vm_get_page_prot(vma->vm_flags)));
	return ret;
}
