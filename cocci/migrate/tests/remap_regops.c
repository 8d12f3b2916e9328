// SPDX-License-Identifier: GPL-2.0-only
// The mmap of a region, which does not see the device.
// migrate: exit 3
// migrate: left: sow_region_mmap() does not compute the pfn from a device
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vfio_pci_core.h>

struct sow_region {
	phys_addr_t base;
	size_t size;
};

static int sow_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			   struct vm_area_struct *vma)
{
	struct sow_region *sow = region->data;
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT & VFIO_PCI_OFFSET_MASK;
	size_t len = vma->vm_end - vma->vm_start;

	if (off + len > sow->size)
		return -EINVAL;
	vma->vm_pgoff = (sow->base + off) >> PAGE_SHIFT;
	return remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, len,
			       pgprot_noncached(vma->vm_page_prot));
}

const struct vfio_pci_regops sow_regops = {
	.mmap = sow_region_mmap,
};
EXPORT_SYMBOL_GPL(sow_regops);

/* so that there is a struct vfio_device in sight */
static int sow_match(struct vfio_device *vdev, char *buf)
{
	return vfio_pci_core_match(vdev, buf);
}

const struct vfio_device_ops sow_ops = {
	.match = sow_match,
};
EXPORT_SYMBOL_GPL(sow_ops);
MODULE_LICENSE("GPL");
