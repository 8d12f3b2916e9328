// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	ret = vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vdev, vmf)); // finds VPS-MMAP-05
	up_read(&vdev->memory_lock);
	return ret;
}

static vm_fault_t acme_window_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	if (vdev->pm_runtime_engaged)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vdev, vmf)); // finds VPS-MMAP-05
}

/* exclusive access is no gate: the device may be asleep */
static vm_fault_t acme_locked_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	vfio_pci_core_access_lock(vdev);
	ret = vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vdev, vmf)); // finds VPS-MMAP-05
	vfio_pci_core_access_unlock(vdev);
	return ret;
}
