// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	unsigned long pfn = acme_first_pfn(vdev);
	unsigned long addr;

	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vma->vm_private_data = vdev;
	vma->vm_ops = &acme_mmap_ops;
	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE, pfn++)
		if (vmf_insert_pfn(vma, addr, pfn) != VM_FAULT_NOPAGE) // finds VPS-MMAP-02
			return -EFAULT;
	return 0;
}

static int acme_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			    struct vm_area_struct *vma)
{
	int ret = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(acme_window), SZ_64K, // finds VPS-MMAP-02
				  vma->vm_page_prot);

	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vma->vm_ops = &acme_mmap_ops;
	return ret;
}

static int acme_fill(struct acme_device *acme, struct vm_area_struct *vma)
{
	unsigned long addr;

	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE)
		if (vmf_insert_pfn(vma, addr, acme_pfn(acme, addr)) != VM_FAULT_NOPAGE)
			return -EFAULT;
	return 0;
}

static int acme_window_mmap(struct acme_device *acme, struct vm_area_struct *vma)
{
	if (vma_pages(vma) > ACME_PAGES)
		return -EINVAL;
	vma->vm_ops = &acme_mmap_ops;
	return acme_fill(acme, vma); // finds VPS-MMAP-02
}
