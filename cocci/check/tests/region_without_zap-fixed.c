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
	vma->vm_ops = &acme_mmap_ops;
	return 0;
}

static void acme_access_revoke(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_zap_region(vdev, to_acme(vdev)->region);
}

static const struct vfio_pci_regops acme_regops = {
	.rw = acme_region_rw,
	.release = acme_region_release,
	.mmap = acme_region_mmap,
};

static const struct vfio_pci_device_ops acme_pci_ops = {
	.access_revoke = acme_access_revoke,
};

static void acme_set_up(struct acme_device *acme)
{
	acme->core_device.pci_ops = &acme_pci_ops;
}
