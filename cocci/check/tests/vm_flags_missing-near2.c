// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* RAM, inserted by its frame: nothing happens when a debugger reads it */
static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, page_to_pfn(acme->pages), 0);
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if (vma_pages(vma) != 1)
		return -EINVAL;
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND);
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}
