// SPDX-License-Identifier: GPL-2.0-only
#include "tsr.h"

static bool tsr_usable(struct vfio_pci_core_device *cd)
{
	lockdep_assert_held(&cd->memory_lock);

	if (READ_ONCE(cd->pm_runtime_engaged))
		return false;
	return __vfio_pci_memory_enabled(cd);
}

static vm_fault_t tsr_insert(struct tsr_dev *td, struct vm_fault *vmf, unsigned long addr,
			     unsigned long pfn, unsigned int order)
{
	switch (order) {
	case 0:
		return vmf_insert_pfn(vmf->vma, addr, pfn);
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	case PMD_ORDER:
		return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
#endif
	default:
		return VM_FAULT_FALLBACK;
	}
}

static unsigned long tsr_frame(struct tsr_dev *td, struct vm_area_struct *vma, unsigned long addr)
{
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT;

	off = (off & VFIO_PCI_OFFSET_MASK) + (addr - vma->vm_start);
	return (td->db_base + off) >> PAGE_SHIFT;
}

static vm_fault_t tsr_fault_at(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct tsr_dev *td = vma->vm_private_data;
	unsigned long size = PAGE_SIZE << order;
	unsigned long start = vmf->address & ~(size - 1);
	unsigned long pfn = tsr_frame(td, vma, start);

	if (order && (start < vma->vm_start || start + size > vma->vm_end ||
		      pfn & ((1UL << order) - 1)))
		return VM_FAULT_FALLBACK;

	guard(rwsem_read)(&td->cd.memory_lock);
	if (!tsr_usable(&td->cd))
		return VM_FAULT_SIGBUS;
	return tsr_insert(td, vmf, start, pfn, order);
}

static vm_fault_t tsr_fault(struct vm_fault *vmf)
{
	return tsr_fault_at(vmf, 0);
}

static const struct vm_operations_struct tsr_vm_ops = {
	.fault = tsr_fault,
	.huge_fault = vm_ops_huge_fault(tsr_fault_at),
};

int tsr_map_doorbells(struct tsr_dev *td, struct vm_area_struct *vma)
{
	u64 first = (u64)(vma->vm_pgoff & (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT)) << PAGE_SHIFT;
	u64 bytes = vma->vm_end - vma->vm_start;
	u64 last;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (check_add_overflow(first, bytes, &last))
		return -EINVAL;
	if (last > td->db_len)
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vma->vm_private_data = td;
	vma->vm_ops = &tsr_vm_ops;
	return 0;
}

void tsr_drop_doorbells(struct tsr_dev *td)
{
	vfio_pci_core_zap_region(&td->cd, VFIO_PCI_NUM_REGIONS);
}
