// SPDX-License-Identifier: GPL-2.0-only
// A variant driver that maps a window of its own at mmap; the pfn is in no VMA, only on the way.
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved for them
#include <linux/vfio_pci_core.h>

#define IBIS_WINDOW 9

struct ibis_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	phys_addr_t window;
	size_t window_size;
};

static int ibis_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct ibis_vfio_pci_core_device *ibis = container_of(
		core_vdev, struct ibis_vfio_pci_core_device, core_device.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 page = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	unsigned long size = vma->vm_end - vma->vm_start;

	if (index != IBIS_WINDOW)
		return vfio_pci_core_mmap(core_vdev, vma);
	if ((page << PAGE_SHIFT) + size > ibis->window_size)
		return -EINVAL;

	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(ibis->window) + page, size, vma->vm_page_prot);
}
