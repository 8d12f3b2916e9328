// SPDX-License-Identifier: GPL-2.0-only
// Chunks of memory are mapped one after the other into one VMA.
// migrate: exit 3
// migrate: left: cow_mmap() maps a VMA in several pieces
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vfio.h>

struct cow_chunk {
	phys_addr_t addr;
	size_t size;
};

struct cow_device {
	struct vfio_device vdev;
	struct cow_chunk *chunks;
	unsigned int nr_chunks;
};

static int cow_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct cow_device *cow = container_of(vdev, struct cow_device, vdev);
	unsigned long addr = vma->vm_start;
	unsigned int i;
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	for (i = 0; i < cow->nr_chunks && addr < vma->vm_end; i++) {
		size_t size = min_t(size_t, cow->chunks[i].size, vma->vm_end - addr);

		ret = remap_pfn_range(vma, addr, PHYS_PFN(cow->chunks[i].addr), size,
				      vma->vm_page_prot);
		if (ret)
			return ret;
		addr += size;
	}
	return 0;
}

const struct vfio_device_ops cow_ops = {
	.name = "cow",
	.mmap = cow_mmap,
};
EXPORT_SYMBOL_GPL(cow_ops);
MODULE_LICENSE("GPL");
