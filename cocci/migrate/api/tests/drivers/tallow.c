// SPDX-License-Identifier: GPL-2.0-only
/* A variant driver as one wrote it for 6.1: its state can be saved, its BAR 2 has huge pages. */
#include <linux/anon_inodes.h>
#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pfn_t.h>
#include <linux/scatterlist.h>
#include <linux/vfio_pci_core.h>

#define TALLOW_BAR	VFIO_PCI_BAR2_REGION_INDEX
#define TALLOW_PAGES	16

struct tallow_vfio_pci_core_device {
	struct vfio_pci_core_device core;
	struct eventfd_ctx *drained;
	struct page *pages[TALLOW_PAGES];
	struct scatterlist sg;
};

static struct tallow_vfio_pci_core_device *to_tallow(struct vfio_device *vdev)
{
	return container_of(vdev, struct tallow_vfio_pci_core_device, core.vdev);
}

static struct page *tallow_page(struct tallow_vfio_pci_core_device *tallow, loff_t pos)
{
	return nth_page(sg_page(&tallow->sg), pos >> PAGE_SHIFT);
}

static ssize_t tallow_save_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct tallow_vfio_pci_core_device *tallow = file->private_data;
	size_t part = min_t(size_t, count, PAGE_SIZE - offset_in_page(*pos));

	if (*pos >= tallow->sg.length) {
		if (tallow->drained)
			eventfd_signal(tallow->drained, 1);
		return 0;
	}
	if (copy_to_user(buf, page_address(tallow_page(tallow, *pos)) + offset_in_page(*pos), part))
		return -EFAULT;
	*pos += part;
	return part;
}

static const struct file_operations tallow_save_fops = {
	.owner = THIS_MODULE,
	.read = tallow_save_read,
	.llseek = no_llseek,
};

static int tallow_save(struct tallow_vfio_pci_core_device *tallow)
{
	unsigned long got;

	got = alloc_pages_bulk_array(GFP_KERNEL_ACCOUNT, TALLOW_PAGES, tallow->pages);
	if (!got)
		return -ENOMEM;
	sg_init_table(&tallow->sg, 1);
	sg_set_page(&tallow->sg, tallow->pages[0], PAGE_SIZE, 0);
	return anon_inode_getfd("tallow-save", &tallow_save_fops, tallow, O_RDONLY);
}

static vm_fault_t tallow_huge_fault(struct vm_fault *vmf, enum page_entry_size pe_size)
{
	struct tallow_vfio_pci_core_device *tallow = vmf->vma->vm_private_data;
	phys_addr_t phys = pci_resource_start(tallow->core.pdev, TALLOW_BAR);

	phys += vmf->pgoff << PAGE_SHIFT;
	switch (pe_size) {
	case PE_SIZE_PTE:
		return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(phys));
	case PE_SIZE_PMD:
		return vmf_insert_pfn_pmd(vmf, phys_to_pfn_t(phys, PFN_DEV | PFN_MAP), false);
	default:
		return VM_FAULT_FALLBACK;
	}
}

static vm_fault_t tallow_fault(struct vm_fault *vmf)
{
	return tallow_huge_fault(vmf, PE_SIZE_PTE);
}

static const struct vm_operations_struct tallow_vm_ops = {
	.fault = tallow_fault,
	.huge_fault = tallow_huge_fault,
};

static int tallow_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) != TALLOW_BAR)
		return vfio_pci_core_mmap(vdev, vma);

	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_flags &= ~VM_MAYEXEC;
	vma->vm_private_data = to_tallow(vdev);
	vma->vm_ops = &tallow_vm_ops;
	return 0;
}

static int tallow_open_device(struct vfio_device *vdev)
{
	struct tallow_vfio_pci_core_device *tallow = to_tallow(vdev);
	int ret;

	ret = vfio_pci_core_enable(&tallow->core);
	if (ret)
		return ret;
	ret = tallow_save(tallow);
	if (ret < 0) {
		vfio_pci_core_disable(&tallow->core);
		return ret;
	}
	vfio_pci_core_finish_enable(&tallow->core);
	return 0;
}

static const struct vfio_device_ops tallow_ops = {
	.name = "tallow-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = tallow_open_device,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = tallow_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
};

static int tallow_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct tallow_vfio_pci_core_device *tallow;
	int ret;

	tallow = vfio_alloc_device(tallow_vfio_pci_core_device, core.vdev, &pdev->dev, &tallow_ops);
	if (IS_ERR(tallow))
		return PTR_ERR(tallow);
	dev_set_drvdata(&pdev->dev, &tallow->core);
	ret = vfio_pci_core_register_device(&tallow->core);
	if (ret)
		vfio_put_device(&tallow->core.vdev);
	return ret;
}

static void tallow_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id tallow_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x7a10) },
	{ }
};
MODULE_DEVICE_TABLE(pci, tallow_ids);

static struct pci_driver tallow_driver = {
	.name = "tallow-vfio-pci",
	.id_table = tallow_ids,
	.probe = tallow_probe,
	.remove = tallow_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(tallow_driver);

MODULE_DESCRIPTION("A variant driver for 6.1");
MODULE_LICENSE("GPL");
