// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* no device memory */
static int acme_status_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) != 1)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, virt_to_page(region->data));
}

static const struct vfio_pci_regops acme_status_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_status_mmap,
};

/* faulted in, and no device memory either, though another fault of the driver inserts some */
static vm_fault_t acme_log_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(acme->log));
}

static vm_fault_t acme_bar_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->first + acme_page(vmf), 0);
}

static const struct vm_operations_struct acme_bar_ops = {
	.fault = acme_bar_fault,
};

static const struct vm_operations_struct acme_log_ops = {
	.fault = acme_log_fault,
};

static int acme_log_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			 struct vm_area_struct *vma)
{
	if (vma_pages(vma) != 1)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = to_acme(vdev);
	vma->vm_ops = &acme_log_ops;
	return 0;
}

static const struct vfio_pci_regops acme_log_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_log_mmap,
};

/* the core zaps it */
static int acme_window_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = to_acme(vdev);
	vma->vm_ops = &acme_bar_ops;
	return 0;
}

static const struct vfio_pci_regops acme_window_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_window_mmap,
	.revocable = true,
};
