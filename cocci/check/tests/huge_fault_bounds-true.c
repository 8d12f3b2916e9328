// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vmf, vmf->address), order); // finds VPS-MMAP-09
}

static vm_fault_t acme_window_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vmf, addr), order); // finds VPS-MMAP-09
}
