// SPDX-License-Identifier: GPL-2.0-only
/*
 * What make to-upstream is tried on: a driver that uses nothing but the kernel's own API, and the
 * accessors of mappings.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>

static vm_fault_t plain_vfio_pci_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	phys_addr_t at = pci_resource_start(vdev->pdev, vfio_pci_core_vma_index(vmf->vma)) +
			 vfio_pci_core_vma_offset(vmf->vma, vmf->address);
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, PHYS_PFN(at), 0);
	up_read(&vdev->memory_lock);
	return ret;
}

static vm_fault_t plain_vfio_pci_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return VM_FAULT_FALLBACK;
}

static const struct vm_operations_struct plain_vfio_pci_mmap_ops = {
	.fault = plain_vfio_pci_fault,
	.huge_fault = vm_ops_huge_fault(plain_vfio_pci_huge_fault),
};

static int plain_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);

	if (!(vma->vm_flags & VM_SHARED) || vfio_pci_core_vma_index(vma) ||
	    vfio_pci_core_vma_offset(vma, vma->vm_end) > pci_resource_len(vdev->pdev, 0))
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	return vfio_pci_core_vma_setup(vdev, vma, &plain_vfio_pci_mmap_ops);
}

/* The ops are written out, with a function for open_device in front of them. */
DEFINE_VFIO_PCI_OPS(plain_vfio_pci_ops,
	.name = KBUILD_MODNAME,
	.mmap = plain_vfio_pci_mmap,
);

static int plain_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &plain_vfio_pci_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void plain_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id plain_vfio_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0xabcd, 0x1234) },
	{}
};
MODULE_DEVICE_TABLE(pci, plain_vfio_pci_table);

static struct pci_driver plain_vfio_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = plain_vfio_pci_table,
	.probe = plain_vfio_pci_probe,
	.remove = plain_vfio_pci_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(plain_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio-pci variant driver that does nothing of its own");
