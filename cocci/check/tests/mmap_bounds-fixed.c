// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);
	u64 len = vma->vm_end - vma->vm_start;
	u64 pgoff = vma->vm_pgoff & (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT);

	if (PFN_PHYS(pgoff) >= acme->size || len > acme->size - PFN_PHYS(pgoff))
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = acme;
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}

static struct vfio_pci_core_device *acme_core;
