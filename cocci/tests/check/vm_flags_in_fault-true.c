// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vma->vm_private_data;

	vm_flags_set(vma, VM_IO | VM_PFNMAP); // finds VPS-MMAP-06
	return acme_insert(vdev, vmf);
}

static vm_fault_t acme_window_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	vma->vm_flags |= VM_DONTDUMP; // finds VPS-MMAP-06
	if (io_remap_pfn_range(vma, vma->vm_start, acme_window_pfn(vma), SZ_1M, // finds VPS-MMAP-06
			       vma->vm_page_prot))
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

struct acme_device {
	struct vfio_pci_core_device core_device;
};
