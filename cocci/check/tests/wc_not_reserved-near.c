// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_probe(struct pci_dev *pdev, struct acme_device *acme)
{
	int ret = vfio_pci_core_register_device(&acme->core_device);

	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

/* no BAR: memory of the machine, which has no reservation to lose */
static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);

	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return acme_setup(acme, vma, acme->memory);
}

/* the BAR beside it is not combined */
static void acme_set_up(struct acme_device *acme, struct pci_dev *pdev)
{
	acme->bell_start = pci_resource_start(pdev, 0);
}

static vm_fault_t acme_bell_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf,
				       PHYS_PFN(acme->bell_start) + acme_page(vmf), 0);
}

static const struct vm_operations_struct acme_bell_ops = {
	.fault = acme_bell_fault,
};

static int acme_bell_mmap(struct acme_device *acme, struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vma->vm_ops = &acme_bell_ops;
	return 0;
}
