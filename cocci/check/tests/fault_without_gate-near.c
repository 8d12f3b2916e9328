// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct page *status;
};

/* no device memory */
static vm_fault_t acme_status_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	return vmf_insert_page(vmf->vma, vmf->address, acme->status);
}

/* not a fault handler: it is called where the question has been asked */
static vm_fault_t acme_insert(struct acme_device *acme, struct vm_area_struct *vma)
{
	lockdep_assert_held_read(&acme->core_device.memory_lock);
	return vmf_insert_pfn(vma, vma->vm_start, acme_pfn(acme));
}
