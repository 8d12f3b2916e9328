// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	/* flags are read, not changed */
	if (!(vmf->vma->vm_flags & VM_SHARED))
		return VM_FAULT_SIGBUS;
	return acme_insert(vdev, vmf);
}

/* beside a fault handler, which does not call it */
static void acme_prepare(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
}
