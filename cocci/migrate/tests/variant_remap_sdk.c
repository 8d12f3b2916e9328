// SPDX-License-Identifier: GPL-2.0-only
// migrate: options --as sdk
/* A vfio-pci variant that maps a BAR at mmap, with flags of its own: a fault needs memory_lock and the gate. */
#include <linux/vfio_pci_core.h>

struct stint {
	struct vfio_pci_core_device core;
	unsigned int bar;
};

static int stint_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct stint *stint = container_of(core_vdev, struct stint, core.vdev);
	struct pci_dev *pdev = stint->core.pdev;
	u64 page = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	unsigned long size = vma->vm_end - vma->vm_start;

	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) != stint->bar)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED) || (page << PAGE_SHIFT) + size > pci_resource_len(pdev, stint->bar))
		return -EINVAL;

	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(pdev, stint->bar) >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_DONTDUMP);
	return remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, size, vma->vm_page_prot);
}
