// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* by hand, as the kernel did before is_aligned_for_order() */
static vm_fault_t acme_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vma->vm_private_data;
	unsigned long addr = vmf->address & ~((PAGE_SIZE << order) - 1);
	unsigned long pfn = acme_pfn(vmf, addr);

	if (order && (addr < vma->vm_start || addr + (PAGE_SIZE << order) > vma->vm_end ||
		      pfn & ((1 << order) - 1)))
		return VM_FAULT_FALLBACK;
	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, pfn, order);
}

/* small entries need nothing of this */
static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vmf, vmf->address), 0);
}
