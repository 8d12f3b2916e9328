// SPDX-License-Identifier: GPL-2.0-only
// migrate: options --as sdk
// migrate: exit 3
// migrate: review: dunlin_mmap() sets vm_private_data
// migrate: review: VPS-MMAP-12
/* A variant whose .mmap lets a helper map: where the device is kept, and the handlers are set, is in two functions. */
#include <linux/vfio_pci_core.h>

struct dunlin {
	struct vfio_pci_core_device core;
	phys_addr_t memory;
	size_t size;
};

static int dunlin_fill(struct dunlin *dunlin, struct vm_area_struct *vma)
{
	u64 page = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	unsigned long size = vma->vm_end - vma->vm_start;

	if ((page << PAGE_SHIFT) + size > dunlin->size)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, (dunlin->memory >> PAGE_SHIFT) + page, size, vma->vm_page_prot);
}

static int dunlin_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct dunlin *dunlin = container_of(core_vdev, struct dunlin, core.vdev);

	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) != VFIO_PCI_BAR4_REGION_INDEX)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return dunlin_fill(dunlin, vma);
}
