// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;

	guard(rwsem_read)(&vdev->memory_lock);
	return vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev, vmf), 0);
}

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP);
	vma->vm_ops = &acme_mmap_ops; // finds VPS-MMAP-07
	return 0;
}

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vma->vm_private_data = vdev;
	vma->vm_ops = &acme_mmap_ops; // finds VPS-MMAP-07
	return 0;
}

/* the core's is another BAR's */
static int acme_window_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if (!acme_is_window(vma->vm_pgoff))
		return vfio_pci_core_mmap(core_vdev, vma);
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP);
	vma->vm_ops = &acme_mmap_ops; // finds VPS-MMAP-07
	return 0;
}
