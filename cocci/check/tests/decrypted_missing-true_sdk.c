// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	unsigned long pfn = PHYS_PFN(pci_resource_start(vdev->pdev, 2));

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, pfn + acme_page(vmf), 0);
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct acme_device *acme = to_acme(core_vdev);

	if (vma->vm_end - vma->vm_start > SZ_1M)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return vfio_pci_core_vma_setup(&acme->core_device, vma, &acme_mmap_ops); // finds VPS-MMAP-08
}
