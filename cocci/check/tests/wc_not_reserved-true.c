// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret = vfio_pci_core_enable(vdev);

	if (ret)
		return ret;
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret)
		vma->vm_page_prot = pgprot_writecombine(vm_get_page_prot(vma->vm_flags)); // finds VPS-MEMT-02
	return ret;
}

static int acme_window_mmap(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	vma->vm_private_data = acme_window(pci_resource_start(vdev->pdev, 2));
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot); // finds VPS-MEMT-02
	return acme_setup(vdev, vma);
}

/* the BAR's address is kept, and used at a fault */
static void acme_set_up(struct acme_device *acme, struct pci_dev *pdev)
{
	acme->ring_start = pci_resource_start(pdev, 4);
}

static vm_fault_t acme_ring_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf,
				       PHYS_PFN(acme->ring_start) + acme_page(vmf), 0);
}

static const struct vm_operations_struct acme_ring_ops = {
	.fault = acme_ring_fault,
};

static int acme_ring_mmap(struct acme_device *acme, struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(pgprot_writecombine(vma->vm_page_prot)); // finds VPS-MEMT-02
	vma->vm_ops = &acme_ring_ops;
	return 0;
}
