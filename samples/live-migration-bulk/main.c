// SPDX-License-Identifier: GPL-2.0-only
/*
 * live-migration-bulk-vfio-pci: live migration of a BAR with hundreds of MiB of memory
 *
 * For QEMU's ivshmem-plain.  All memory is sent while the guest runs, then the pages it has touched
 * since.  These are tracked without help from the device: a page is unmapped when it is sent, and
 * the fault that maps it again marks it dirty.
 */
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>
#include <vfio_pci_sdk/live.h>

/* ivshmem-plain: BAR 2 is memory. */
#define BULK_BAR	VFIO_PCI_BAR2_REGION_INDEX
#define BULK_POS	VFIO_PCI_INDEX_TO_OFFSET(BULK_BAR)
#define BULK_RUN	8U	/* pages in a piece */

/* A piece: consecutive pages. */
struct bulk_piece {
	__le64	page;
	u8	data[];
};

struct bulk_device {
	struct vfio_pci_core_device core_device;
	unsigned long	*touched;	/* pages to send; set at any time */
	unsigned int	pages;
	unsigned int	cursor;		/* next page to check; used in callbacks only */
	unsigned int	sent_once;	/* progress of the first pass */
	bool		tracking;	/* under memory_lock */
};

static struct bulk_device *to_bulk(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct bulk_device, core_device.vdev);
}

static void bulk_track(struct bulk_device *bulk, bool on)
{
	struct vfio_pci_core_device *vdev = &bulk->core_device;

	vfio_pci_core_access_lock(vdev);
	bulk->tracking = on;
	/* Zap large entries, so that single pages fault. */
	if (on)
		vfio_pci_core_zap_region(vdev, BULK_BAR);
	vfio_pci_core_access_unlock(vdev);
}

/* Memory does not change by itself. */
static int bulk_stop_or_run(struct vfio_pci_core_device *vdev)
{
	return 0;
}

static u64 bulk_size(struct vfio_pci_core_device *vdev)
{
	struct bulk_device *bulk = to_bulk(&vdev->vdev);

	return (u64)bulk->pages * (PAGE_SIZE + sizeof(struct bulk_piece));
}

static int bulk_save_start(struct vfio_pci_core_device *vdev, bool precopy)
{
	struct bulk_device *bulk = to_bulk(&vdev->vdev);

	bitmap_fill(bulk->touched, bulk->pages);
	bulk->cursor = 0;
	bulk->sent_once = 0;
	if (precopy)
		bulk_track(bulk, true);
	return 0;
}

static void bulk_save_end(struct vfio_pci_core_device *vdev)
{
	bulk_track(to_bulk(&vdev->vdev), false);
}

static ssize_t bulk_save(struct vfio_pci_core_device *vdev, struct vfio_pci_live_piece *piece)
{
	struct bulk_device *bulk = to_bulk(&vdev->vdev);
	struct bulk_piece *out = piece->buf;
	unsigned int first, end, page;
	void __iomem *io;

	first = find_next_bit(bulk->touched, bulk->pages, bulk->cursor);
	if (first == bulk->pages)
		first = find_first_bit(bulk->touched, bulk->pages);
	bulk->sent_once = max(bulk->sent_once, first);
	if (first == bulk->pages)
		return 0;
	end = find_next_zero_bit(bulk->touched, min(bulk->pages, first + BULK_RUN), first);

	io = vfio_pci_live_access_begin(vdev, BULK_BAR);
	if (IS_ERR(io))
		return PTR_ERR(io);
	/* Writes from here on mark the page again. */
	for (page = first; page < end; page++)
		clear_bit(page, bulk->touched);
	if (bulk->tracking)
		vfio_pci_core_zap_range(vdev, BULK_POS + (u64)first * PAGE_SIZE,
					(u64)(end - first) * PAGE_SIZE);
	memcpy_fromio(out->data, io + (u64)first * PAGE_SIZE, (end - first) * PAGE_SIZE);
	vfio_pci_live_access_end(vdev);

	out->page = cpu_to_le64(first);
	bulk->cursor = end;
	bulk->sent_once = max(bulk->sent_once, end);
	return sizeof(*out) + (end - first) * PAGE_SIZE;
}

static void bulk_precopy_left(struct vfio_pci_core_device *vdev, struct vfio_pci_live_left *left)
{
	struct bulk_device *bulk = to_bulk(&vdev->vdev);

	left->initial = (u64)(bulk->pages - bulk->sent_once) * PAGE_SIZE;
	left->dirty = (u64)bitmap_weight(bulk->touched, bulk->pages) * PAGE_SIZE;
	left->dirty -= min(left->dirty, left->initial);
}

static int bulk_load(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_piece *piece)
{
	struct bulk_device *bulk = to_bulk(&vdev->vdev);
	const struct bulk_piece *in = piece->buf;
	void __iomem *io;
	u64 first, nr;

	if (piece->len <= sizeof(*in) || !PAGE_ALIGNED(piece->len - sizeof(*in)))
		return -EINVAL;
	first = le64_to_cpu(in->page);
	nr = (piece->len - sizeof(*in)) / PAGE_SIZE;
	if (first >= bulk->pages || nr > bulk->pages - first)
		return -EINVAL;

	io = vfio_pci_live_access_begin(vdev, BULK_BAR);
	if (IS_ERR(io))
		return PTR_ERR(io);
	memcpy_toio(io + first * PAGE_SIZE, in->data, nr * PAGE_SIZE);
	vfio_pci_live_access_end(vdev);
	return 0;
}

static const struct vfio_pci_live_ops bulk_live_ops = {
	.version	= 1,
	.oldest		= 1,
	.stop		= bulk_stop_or_run,
	.run		= bulk_stop_or_run,
	.size		= bulk_size,
	.bulk		= true,
	.save_start	= bulk_save_start,
	.save		= bulk_save,
	.save_end	= bulk_save_end,
	.load		= bulk_load,
	.precopy_left	= bulk_precopy_left,
};

/*
 * Not the core's handlers: tracking could begin between a check of @tracking and the insertion of
 * an entry.
 */
static vm_fault_t bulk_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	struct bulk_device *bulk = to_bulk(&vdev->vdev);
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long page = vfio_pci_core_vma_offset(vmf->vma, addr) >> PAGE_SHIFT;
	unsigned long pfn = PHYS_PFN(pci_resource_start(vdev->pdev, BULK_BAR)) + page;
	vm_fault_t ret;

	if (!is_aligned_for_order(vmf->vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	if (bulk->tracking && order) {
		ret = VM_FAULT_FALLBACK;
	} else {
		if (bulk->tracking)
			set_bit(page, bulk->touched);
		ret = vfio_pci_vmf_insert_pfn(vdev, vmf, pfn, order);
	}
	vfio_pci_core_access_end(vdev);
	return ret;
}

static vm_fault_t bulk_fault(struct vm_fault *vmf)
{
	return bulk_huge_fault(vmf, 0);
}

static const struct vm_operations_struct bulk_vm_ops = {
	.fault		= bulk_fault,
	.huge_fault	= vm_ops_huge_fault(bulk_huge_fault),
};

static int bulk_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret && vfio_pci_core_vma_index(vma) == BULK_BAR)
		vma->vm_ops = &bulk_vm_ops;
	return ret;
}

static ssize_t bulk_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			  loff_t *ppos)
{
	struct bulk_device *bulk = to_bulk(core_vdev);
	u64 pos = *ppos - BULK_POS;
	ssize_t ret = vfio_pci_core_write(core_vdev, buf, count, ppos);
	u64 page;

	if (*ppos - BULK_POS > (u64)bulk->pages * PAGE_SIZE)
		return ret;
	/*
	 * Mark after the write: a save in between has either seen the data or sends the page again.
	 */
	for (page = pos / PAGE_SIZE; ret > 0 && page <= (pos + ret - 1) / PAGE_SIZE; page++)
		set_bit(page, bulk->touched);
	return ret;
}

static long bulk_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	/* Not written through a mapping, so no fault marks it. */
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

DEFINE_VFIO_PCI_OPS(bulk_ops,
	.name	= KBUILD_MODNAME,
	.write	= bulk_write,
	.mmap	= bulk_mmap,
	.ioctl	= bulk_ioctl,
);

static int bulk_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct bulk_device *bulk;
	int ret = -ENOMEM;

	bulk = vfio_alloc_device(bulk_device, core_device.vdev, &pdev->dev, &bulk_ops);
	if (IS_ERR(bulk))
		return PTR_ERR(bulk);
	dev_set_drvdata(&pdev->dev, &bulk->core_device);
	bulk->pages = pci_resource_len(pdev, BULK_BAR) >> PAGE_SHIFT;
	bulk->touched = devm_bitmap_zalloc(&pdev->dev, bulk->pages, GFP_KERNEL);
	if (bulk->touched)
		ret = vfio_pci_live_init(&bulk->core_device, &bulk_live_ops);
	if (!ret)
		ret = vfio_pci_core_register_device(&bulk->core_device);
	if (ret)
		vfio_put_device(&bulk->core_device.vdev);
	return ret;
}

static void bulk_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id bulk_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110) },
	{}
};
MODULE_DEVICE_TABLE(pci, bulk_table);

static struct pci_driver bulk_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= bulk_table,
	.probe			= bulk_probe,
	.remove			= bulk_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(bulk_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("live migration of a BAR of memory, on the SDK's core");
