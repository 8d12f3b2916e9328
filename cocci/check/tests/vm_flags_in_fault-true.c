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

static vm_fault_t acme_fill(struct acme_device *acme, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_DONTDUMP); // finds VPS-MMAP-06
	return acme_insert(&acme->core_device, vma);
}

static vm_fault_t acme_late_fault(struct vm_fault *vmf)
{
	return acme_fill(vmf->vma->vm_private_data, vmf->vma);
}

struct acme_device {
	struct vfio_pci_core_device core_device;
};
