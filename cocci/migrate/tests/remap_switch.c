// SPDX-License-Identifier: GPL-2.0-only
// Each case of a switch has a pfn.
// migrate: exit 3
// migrate: left: koi_mmap() computes pfn in 2 ways
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vfio.h>

enum { KOI_CTRL, KOI_QUEUE };

struct koi_device {
	struct vfio_device vdev;
	phys_addr_t ctrl;
	phys_addr_t queues;
	size_t queue_size;
};

static int koi_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct koi_device *koi = container_of(vdev, struct koi_device, vdev);
	unsigned long index = vma->vm_pgoff >> 16;
	unsigned long pfn;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	switch (index) {
	case KOI_CTRL:
		if (vma_pages(vma) != 1)
			return -EINVAL;
		pfn = koi->ctrl >> PAGE_SHIFT;
		break;
	case KOI_QUEUE:
		if (vma->vm_end - vma->vm_start > koi->queue_size)
			return -EINVAL;
		pfn = koi->queues >> PAGE_SHIFT;
		break;
	default:
		return -EINVAL;
	}
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return remap_pfn_range(vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot);
}

const struct vfio_device_ops koi_ops = {
	.name = "koi",
	.mmap = koi_mmap,
};
EXPORT_SYMBOL_GPL(koi_ops);
MODULE_LICENSE("GPL");
