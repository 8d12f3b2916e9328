// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

int acme_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_flags &= ~VM_MAYWRITE;
	vma->vm_flags &= ~(VM_MAYEXEC | VM_EXEC);
	acme->vm_flags |= 1;
	return vma->vm_flags & VM_SHARED ? 0 : -EINVAL;
}

static vm_fault_t acme_fault(struct vm_fault *vmf, struct acme_map *map)
{
	vmf->vma->vm_flags |= VM_PFNMAP;
	vmf->vma->vm_flags &= ~VM_IO;
	map->vma->vm_flags |= VM_IO;
	return VM_FAULT_NOPAGE;
}

static void acme_copy(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags = vma->vm_flags | VM_IO;
	vma->vm_flags = flags;
}
