// SPDX-License-Identifier: GPL-2.0-only
// A vfio device that maps its pages at mmap, with the pfn in vm_pgoff; huge pages where they fit.
// migrate: options --huge
// migrate: huge
// migrate: no compile: a huge entry takes a plain pfn, since 6.17
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved for them
#include <linux/vfio.h>

#define FPGA_OFFSET_SHIFT 40
#define FPGA_NUM_REGIONS 4

struct fpga_region {
	phys_addr_t addr;
	size_t size;
};

struct fpga_vfio {
	struct vfio_device vdev;
	struct fpga_region *regions;
};

void fpga_count_mapping(struct fpga_region *region);

static int fpga_mmap_region(struct fpga_region *region, struct vm_area_struct *vma)
{
	u64 first = vma->vm_pgoff & ((1ULL << (FPGA_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	size_t len = vma->vm_end - vma->vm_start;
	int ret;

	if ((first << PAGE_SHIFT) + len > region->size)
		return -EINVAL;

	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_pgoff = PHYS_PFN(region->addr) + first;
	ret = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, len, vma->vm_page_prot);
	if (ret)
		return ret;

	fpga_count_mapping(region);
	return 0;
}

static int fpga_mmap(struct vfio_device *core, struct vm_area_struct *vma)
{
	struct fpga_vfio *fpga = container_of(core, struct fpga_vfio, vdev);
	unsigned int index = vma->vm_pgoff >> (FPGA_OFFSET_SHIFT - PAGE_SHIFT);

	if (index >= FPGA_NUM_REGIONS)
		return -EINVAL;

	vma->vm_private_data = fpga;
	return fpga_mmap_region(&fpga->regions[index], vma);
}
