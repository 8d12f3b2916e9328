// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0);
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	if (vfio_pci_core_vma_offset(vma, vma->vm_end) > ACME_SIZE)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP);
	ret = vfio_pci_core_vma_setup(&acme->core_device, vma, &acme_mmap_ops); // finds VPS-MMAP-07
	return ret;
}
