// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	if (index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_acme_other(core_vdev);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = to_acme(core_vdev);
	vma->vm_ops = &acme_mmap_ops; // finds VPS-INPUT-02
	return 0;
}

static struct vfio_pci_core_device *acme_core;

/* the core's is another BAR's */
static int acme_window_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if (!acme_is_window(vma->vm_pgoff))
		return vfio_pci_core_mmap(core_vdev, vma);
	vma->vm_ops = &acme_mmap_ops; // finds VPS-INPUT-02
	return 0;
}
