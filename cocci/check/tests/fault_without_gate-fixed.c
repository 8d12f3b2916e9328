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

static vm_fault_t acme_window_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	if (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev))
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vdev, vmf));
}

static vm_fault_t acme_locked_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	ret = vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vdev, vmf));
	vfio_pci_core_access_end(vdev);
	return ret;
}
