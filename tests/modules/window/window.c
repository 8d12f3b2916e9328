// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: a variant driver with a revocable region of its own, the first page of BAR 0 once
 * more.  It zaps nothing: that the core does, whenever it zaps the BARs, is what is tested.  One
 * page of the BAR is excluded from mmap.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

#include "window.h"

static vm_fault_t window_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	phys_addr_t start = pci_resource_start(vdev->pdev, 0);
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, PHYS_PFN(start), 0);
	up_read(&vdev->memory_lock);
	return ret;
}

static const struct vm_operations_struct window_vm_ops = {
	.fault	= window_fault,
};

static int window_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
		       struct vm_area_struct *vma)
{
	if (vfio_pci_core_vma_offset(vma, vma->vm_start) || vma_pages(vma) != 1)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	return vfio_pci_core_vma_setup(vdev, vma, &window_vm_ops);
}

static ssize_t window_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			 loff_t *ppos, bool iswrite)
{
	return -EINVAL;
}

static void window_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops window_regops = {
	.rw		= window_rw,
	.release	= window_release,
	.mmap		= window_mmap,
	.revocable	= true,
};

static int window_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	void __iomem *io;
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;
	/* Claims the BAR, which the core does not see mapped. */
	io = vfio_pci_core_get_iomap(vdev, 0);
	ret = PTR_ERR_OR_ZERO((__force void *)io);
	if (!ret)
		ret = vfio_pci_core_register_dev_region(vdev, WINDOW_TYPE, WINDOW_SUBTYPE,
							&window_regops, PAGE_SIZE,
							VFIO_REGION_INFO_FLAG_MMAP, NULL);
	if (ret)
		vfio_pci_core_disable(vdev);
	else
		vfio_pci_core_finish_enable(vdev);
	return ret;
}

DEFINE_VFIO_PCI_OPS(window_ops,
	.name		= KBUILD_MODNAME,
	.open_device	= window_open_device,
);

static int window_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &window_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_set_memtype(vdev, 0, WINDOW_EXCLUDED, PAGE_SIZE, VFIO_PCI_MEMTYPE_UC,
					VFIO_PCI_MEMTYPE_NO_MMAP);
	if (!ret)
		ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void window_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver window_driver = {
	.name			= KBUILD_MODNAME,
	.probe			= window_probe,
	.remove			= window_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(window_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test module: a revocable region");
