// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uaccess.h>
#include "rst.h"

static void rst_zap_all(struct vfio_pci_core_device *vpci)
{
	unmap_mapping_range(vfio_pci_core_mapping(vpci), 0,
			    VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX), true);
}

int rst_recover(struct rst_state *st)
{
	int ret;

	guard(rwsem_write)(&st->vpci.memory_lock);
	rst_zap_all(&st->vpci);
	ret = __pci_reset_function_locked(st->vpci.pdev);
	if (ret == 0)
		st->generation++;
	return ret;
}

static vm_fault_t rst_fault(struct vm_fault *vmf)
{
	struct rst_state *st = vmf->vma->vm_private_data;
	struct vfio_pci_core_device *vpci = &st->vpci;
	phys_addr_t base = pci_resource_start(vpci->pdev, 2);
	unsigned long pfn = PHYS_PFN(base) + ((vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	scoped_guard(rwsem_read, &vpci->memory_lock) {
		if (!vpci->pm_runtime_engaged && __vfio_pci_memory_enabled(vpci))
			ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	}
	return ret;
}

static const struct vm_operations_struct rst_vm_ops = { .fault = rst_fault };

int rst_region_mmap(struct vfio_pci_core_device *vpci, struct vfio_pci_region *region,
		    struct vm_area_struct *vma)
{
	struct rst_state *st = container_of(vpci, struct rst_state, vpci);

	if (vma->vm_pgoff & (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT) || vma_pages(vma) > 1)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_private_data = st;
	vma->vm_ops = &rst_vm_ops;
	return 0;
}

static ssize_t rst_rw(struct vfio_pci_core_device *vpci, char __user *buf, size_t count,
		      loff_t *ppos, bool iswrite)
{
	struct rst_state *st = container_of(vpci, struct rst_state, vpci);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u32 gen;

	if (iswrite || pos || count != sizeof(gen))
		return -EINVAL;
	scoped_guard(rwsem_read, &vpci->memory_lock)
		gen = st->generation;
	return copy_to_user(buf, &gen, sizeof(gen)) ? -EFAULT : count;
}

static void rst_region_release(struct vfio_pci_core_device *vpci, struct vfio_pci_region *region)
{
}

const struct vfio_pci_regops rst_regops = {
	.rw = rst_rw,
	.mmap = rst_region_mmap,
	.release = rst_region_release,
};
