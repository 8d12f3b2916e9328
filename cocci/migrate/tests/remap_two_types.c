// SPDX-License-Identifier: GPL-2.0-only
// Registers uncached and the rest write-combined, in one VMA.
// migrate: exit 3
// migrate: left: bat_mmap() maps a VMA in several pieces
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#define BAT_REGS_LEN	0x10000

struct bat_device {
	struct vfio_pci_core_device core;
};

static int bat_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct bat_device *bat = container_of(vdev, struct bat_device, core.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	phys_addr_t start;
	pgprot_t wc;
	int ret;

	if (index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_core_mmap(vdev, vma);
	if (!(vma->vm_flags & VM_SHARED) ||
	    vma->vm_end - vma->vm_start != pci_resource_len(bat->core.pdev, index))
		return -EINVAL;

	start = pci_resource_start(bat->core.pdev, index);
	wc = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	ret = io_remap_pfn_range(vma, vma->vm_start, start >> PAGE_SHIFT, BAT_REGS_LEN,
				 vma->vm_page_prot);
	if (ret)
		return ret;
	return io_remap_pfn_range(vma, vma->vm_start + BAT_REGS_LEN,
				  (start + BAT_REGS_LEN) >> PAGE_SHIFT,
				  vma->vm_end - vma->vm_start - BAT_REGS_LEN, wc);
}

const struct vfio_device_ops bat_ops = {
	.name = "bat",
	.mmap = bat_mmap,
};
EXPORT_SYMBOL_GPL(bat_ops);
MODULE_LICENSE("GPL");
