// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0); // finds VPS-MMAP-04
}

/* too early a release is none at all */
static vm_fault_t acme_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	bool on;

	down_read(&vdev->memory_lock);
	on = acme_is_on(vdev);
	up_read(&vdev->memory_lock);
	if (!on)
		return VM_FAULT_SIGBUS;
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0); // finds VPS-MMAP-04
}

static vm_fault_t acme_insert(struct acme_device *acme, struct vm_fault *vmf)
{
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->pfn, 0);
}

static vm_fault_t acme_window_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;
	vm_fault_t ret;

	mutex_lock(&acme->window_lock);
	ret = acme_insert(acme, vmf); // finds VPS-MMAP-04
	mutex_unlock(&acme->window_lock);
	return ret;
}

/* the lock went with access_end */
static vm_fault_t acme_access_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	acme_count(vdev);
	vfio_pci_core_access_end(vdev);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0); // finds VPS-MMAP-04
}
