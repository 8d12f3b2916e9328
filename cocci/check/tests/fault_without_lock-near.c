// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_insert(struct acme_device *acme, struct vm_fault *vmf)
{
	lockdep_assert_held(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->pfn, 0);
}

static vm_fault_t acme_insert_other(struct acme_device *acme, struct vm_fault *vmf)
{
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->other_pfn, 0);
}

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;
	struct vfio_pci_core_device *vdev = &acme->core_device;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (!down_read_trylock(&vdev->memory_lock))
		return VM_FAULT_RETRY;
	if (acme_is_on(vdev))
		ret = acme_insert_other(acme, vmf);
	up_read(&vdev->memory_lock);
	return ret;
}

/* a page of the kernel's own is there at any time */
static vm_fault_t acme_status_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	return vmf_insert_page(vmf->vma, vmf->address, acme_status_page(vdev));
}

static vm_fault_t acme_insert_third(struct acme_device *acme, struct vm_fault *vmf)
{
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->third_pfn, 0);
}

/* for a helper, and given up on one of the ways */
static vm_fault_t acme_access_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;
	struct vfio_pci_core_device *vdev = &acme->core_device;
	vm_fault_t ret;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	if (!acme->on) {
		vfio_pci_core_access_end(vdev);
		return VM_FAULT_SIGBUS;
	}
	ret = acme_insert_third(acme, vmf);
	vfio_pci_core_access_end(vdev);
	return ret;
}
