// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	if (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev))
		return VM_FAULT_SIGBUS;
	return acme_insert(vdev, vmf->vma, vmf->address);
}

/* the fault's helper: the VMA is visible */
static vm_fault_t acme_insert(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma,
			      unsigned long addr)
{
	return vmf_insert_pfn(vma, addr, acme_pfn(vdev, vma, addr));
}

/* nothing to zap: the kernel's own page */
static int acme_status_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	vma->vm_ops = &acme_status_ops;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(virt_to_page(region->data)),
			       PAGE_SIZE, vma->vm_page_prot);
}
