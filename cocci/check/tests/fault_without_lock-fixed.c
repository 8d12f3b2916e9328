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

static vm_fault_t acme_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct acme_device *acme = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	scoped_guard(rwsem_read, &acme->core_device.memory_lock) {
		if (acme->on)
			ret = vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->pfn, 0);
	}
	return ret;
}

static vm_fault_t acme_other_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0);
}

static vm_fault_t acme_access_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0);
	vfio_pci_core_access_end(vdev);
	return ret;
}
