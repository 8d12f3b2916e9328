// SPDX-License-Identifier: GPL-2.0-only
/*
 * coherent-bar-vfio-pci: presents memory that is not a PCI resource as BAR 2 of a function, like
 * drivers for GPUs whose memory the CPU accesses coherently, not through PCI.
 *
 * Here the memory is 2 MiB that the driver allocates at open and maps write-back; the core maps its
 * own BARs uncached or write-combining and does not know this memory.  The core still revokes it:
 * the region has the offsets of a BAR, so whatever zaps the BARs zaps it, provided that faults go
 * through the core's gate, as vfio_pci_vmf_insert_pfn() does.
 *
 * It takes functions without a BAR 2 and 3 of their own, such as QEMU's edu.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

#define COHERENT_BAR		VFIO_PCI_BAR2_REGION_INDEX
#define COHERENT_SIZE		SZ_2M

struct coherent_bar_vfio_pci_core_device {
	struct vfio_pci_core_device	core_device;
	struct page			*memory;
	__le64				address;	/* values written to BARs 2 and 3 */
};

static struct coherent_bar_vfio_pci_core_device *to_coherent(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct coherent_bar_vfio_pci_core_device, core_device.vdev);
}

static int coherent_bar_vfio_pci_open_device(struct vfio_device *core_vdev)
{
	struct coherent_bar_vfio_pci_core_device *cdev = to_coherent(core_vdev);
	struct vfio_pci_core_device *vdev = &cdev->core_device;
	int ret;

	/* Zeroed, so that no data leaks from the previous user. */
	cdev->memory = alloc_pages_node(dev_to_node(&vdev->pdev->dev),
					GFP_KERNEL_ACCOUNT | __GFP_ZERO, get_order(COHERENT_SIZE));
	if (!cdev->memory)
		return -ENOMEM;

	ret = vfio_pci_core_open_device(core_vdev);
	if (ret)
		__free_pages(cdev->memory, get_order(COHERENT_SIZE));
	return ret;
}

/* No mapping is left: each one holds the file open. */
static void coherent_bar_vfio_pci_close_device(struct vfio_device *core_vdev)
{
	struct coherent_bar_vfio_pci_core_device *cdev = to_coherent(core_vdev);

	vfio_pci_core_close_device(core_vdev);
	__free_pages(cdev->memory, get_order(COHERENT_SIZE));
	cdev->address = 0;
}

static int coherent_bar_vfio_pci_region_info(struct vfio_device *core_vdev,
					     struct vfio_region_info *info,
					     struct vfio_info_cap *caps)
{
	if (info->index != COHERENT_BAR)
		return vfio_pci_ioctl_get_region_info(core_vdev, info, caps);

	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = COHERENT_SIZE;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

/*
 * Map one page or 2 MiB.  Ordinary memory has no memory-type reservation: x86 looks the type up in
 * the pages themselves, other architectures take it from vm_page_prot.
 */
static vm_fault_t coherent_bar_vfio_pci_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vma);
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long pfn = page_to_pfn(to_coherent(&vdev->vdev)->memory) +
			    (vfio_pci_core_vma_offset(vma, addr) >> PAGE_SHIFT);
	vm_fault_t ret;

	if (!is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, pfn, order);
	vfio_pci_core_access_end(vdev);
	return ret;
}

static vm_fault_t coherent_bar_vfio_pci_fault(struct vm_fault *vmf)
{
	return coherent_bar_vfio_pci_huge_fault(vmf, 0);
}

static const struct vm_operations_struct coherent_bar_vfio_pci_vm_ops = {
	.fault		= coherent_bar_vfio_pci_fault,
	.huge_fault	= vm_ops_huge_fault(coherent_bar_vfio_pci_huge_fault),
};

/* Keep vm_page_prot: write-back. */
static int coherent_bar_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	u64 offset = vfio_pci_core_vma_offset(vma, vma->vm_start);

	if (vfio_pci_core_vma_index(vma) != COHERENT_BAR)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED) || offset >= COHERENT_SIZE ||
	    vma->vm_end - vma->vm_start > COHERENT_SIZE - offset)
		return -EINVAL;

	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return vfio_pci_core_vma_setup(&to_coherent(core_vdev)->core_device, vma,
				       &coherent_bar_vfio_pci_vm_ops);
}

/* As the core's read and write: check the gate under the lock, access user memory outside. */
static ssize_t coherent_bar_vfio_pci_rw(struct coherent_bar_vfio_pci_core_device *cdev,
					char __user *buf, size_t count, loff_t *ppos, bool iswrite)
{
	struct vfio_pci_core_device *vdev = &cdev->core_device;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u8 bounce[256];
	size_t done, len;
	void *memory;
	int ret;

	if (pos >= COHERENT_SIZE)
		return -EINVAL;
	count = min_t(u64, count, COHERENT_SIZE - pos);
	memory = page_address(cdev->memory) + pos;

	for (done = 0; done < count; done += len) {
		len = min(count - done, sizeof(bounce));
		if (iswrite && copy_from_user(bounce, buf + done, len))
			return done ?: -EFAULT;

		ret = vfio_pci_core_access_begin(vdev);
		if (ret)
			return done ?: ret;
		if (iswrite)
			memcpy(memory + done, bounce, len);
		else
			memcpy(bounce, memory + done, len);
		vfio_pci_core_access_end(vdev);

		if (!iswrite && copy_to_user(buf + done, bounce, len))
			return done ?: -EFAULT;
		*ppos += len;
	}
	return done;
}

/*
 * A guest sizes and places BARs through config space.  The core reports BARs 2 and 3 as 0 and drops
 * writes, because the function has none.  Overlay a 64-bit prefetchable BAR.
 */
static ssize_t coherent_bar_vfio_pci_read(struct vfio_device *core_vdev, char __user *buf,
					  size_t count, loff_t *ppos)
{
	struct coherent_bar_vfio_pci_core_device *cdev = to_coherent(core_vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK, in_buf;
	size_t len, in_reg;
	__le64 bar;
	ssize_t ret;

	if (index == COHERENT_BAR)
		return coherent_bar_vfio_pci_rw(cdev, buf, count, ppos, false);

	ret = vfio_pci_core_read(core_vdev, buf, count, ppos);
	if (ret <= 0 || index != VFIO_PCI_CONFIG_REGION_INDEX ||
	    !vfio_pci_core_range_intersect_range(pos, ret, PCI_BASE_ADDRESS_2, sizeof(bar), &in_buf,
						 &len, &in_reg))
		return ret;

	bar = (cdev->address & cpu_to_le64(~(u64)(COHERENT_SIZE - 1))) |
	      cpu_to_le64(PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	return copy_to_user(buf + in_buf, (u8 *)&bar + in_reg, len) ? -EFAULT : ret;
}

static ssize_t coherent_bar_vfio_pci_write(struct vfio_device *core_vdev, const char __user *buf,
					   size_t count, loff_t *ppos)
{
	struct coherent_bar_vfio_pci_core_device *cdev = to_coherent(core_vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK, in_buf;
	size_t len, in_reg;

	if (index == COHERENT_BAR)
		return coherent_bar_vfio_pci_rw(cdev, (char __user *)buf, count, ppos, true);

	if (index == VFIO_PCI_CONFIG_REGION_INDEX &&
	    vfio_pci_core_range_intersect_range(pos, count, PCI_BASE_ADDRESS_2,
						sizeof(cdev->address), &in_buf, &len, &in_reg) &&
	    copy_from_user((u8 *)&cdev->address + in_reg, buf + in_buf, len))
		return -EFAULT;
	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}

DEFINE_VFIO_PCI_OPS(coherent_bar_vfio_pci_ops,
	.name			= "coherent-bar-vfio-pci",
	.open_device		= coherent_bar_vfio_pci_open_device,
	.close_device		= coherent_bar_vfio_pci_close_device,
	.get_region_info_caps	= coherent_bar_vfio_pci_region_info,
	.read			= coherent_bar_vfio_pci_read,
	.write			= coherent_bar_vfio_pci_write,
	.mmap			= coherent_bar_vfio_pci_mmap,
);

static int coherent_bar_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct coherent_bar_vfio_pci_core_device *cdev;
	int ret;

	if (pci_resource_len(pdev, COHERENT_BAR) || pci_resource_len(pdev, COHERENT_BAR + 1)) {
		pci_err(pdev, "has a BAR %u or %u of its own: use a function without them\n",
			COHERENT_BAR, COHERENT_BAR + 1);
		return -ENODEV;
	}

	cdev = vfio_alloc_device(coherent_bar_vfio_pci_core_device, core_device.vdev, &pdev->dev,
				 &coherent_bar_vfio_pci_ops);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);

	dev_set_drvdata(&pdev->dev, &cdev->core_device);
	ret = vfio_pci_core_register_device(&cdev->core_device);
	if (ret)
		vfio_put_device(&cdev->core_device.vdev);
	return ret;
}

static void coherent_bar_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver coherent_bar_vfio_pci_driver = {
	.name			= "coherent-bar-vfio-pci",
	.probe			= coherent_bar_vfio_pci_probe,
	.remove			= coherent_bar_vfio_pci_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(coherent_bar_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver that shows its own memory as a BAR");
