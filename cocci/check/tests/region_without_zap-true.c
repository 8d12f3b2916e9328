// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme->first + acme_page(vmf), 0);
}

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = to_acme(vdev);
	vma->vm_ops = &acme_mmap_ops; // finds VPS-RST-02
	return 0;
}

static const struct vfio_pci_regops acme_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_region_mmap,
};

/* a zap, but not when a reset, a write to COMMAND or low power asks for one */
static long acme_forget(struct acme_device *acme)
{
	vfio_pci_core_zap_region(&acme->core_device, acme->region);
	return 0;
}

/* in a function that the callback calls */
static int acme_map(struct acme_device *acme, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = acme;
	vma->vm_ops = &acme_window_ops; // finds VPS-RST-02
	return 0;
}

static vm_fault_t acme_window_fault(struct vm_fault *vmf)
{
	return acme_fault(vmf);
}

static const struct vm_operations_struct acme_window_ops = {
	.fault = acme_window_fault,
};

static int acme_window_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	return vma_pages(vma) > ACME_PAGES ? -EINVAL : acme_map(to_acme(vdev), vma);
}

static const struct vfio_pci_regops acme_window_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_window_mmap,
};
