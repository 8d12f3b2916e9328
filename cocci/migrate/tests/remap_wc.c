// SPDX-License-Identifier: GPL-2.0-only
// The pfn is made by macros, the memory type is the window's, the error is logged.
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/vfio.h>

#define YAK_INDEX(off)	((off) >> 28)
#define YAK_OFFSET(off)	((off) & ((1UL << 28) - 1))

struct yak_window {
	struct resource *res;
	bool wc;
};

struct yak_device {
	struct vfio_device vdev;
	struct device *dev;
	struct yak_window windows[4];
};

static int yak_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct yak_device *yak = container_of(vdev, struct yak_device, vdev);
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long off = vma->vm_pgoff << PAGE_SHIFT;
	struct yak_window *win;
	unsigned long pfn;
	int ret;

	if (YAK_INDEX(off) >= ARRAY_SIZE(yak->windows))
		return -EINVAL;
	win = &yak->windows[YAK_INDEX(off)];
	if (YAK_OFFSET(off) + size > resource_size(win->res)) {
		dev_dbg(yak->dev, "mmap of %lx at %lx is out of bounds\n", size, off);
		return -EINVAL;
	}
	pfn = PFN_DOWN(win->res->start + YAK_OFFSET(off));
	if (win->wc)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);

	ret = io_remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
	if (ret < 0) {
		dev_err(yak->dev, "cannot map: %d\n", ret);
		return -EAGAIN;
	}
	return 0;
}

const struct vfio_device_ops yak_ops = {
	.name = "yak",
	.mmap = yak_mmap,
};
EXPORT_SYMBOL_GPL(yak_ops);
MODULE_LICENSE("GPL");
