// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0);
	up_read(&vdev->memory_lock);
	return ret;
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}
