// SPDX-License-Identifier: GPL-2.0-only
static vm_fault_t acme_huge_fault(struct vm_fault *vmf, enum page_entry_size pe_size)
{
	switch (pe_size) {
	case PE_SIZE_PTE:
		return vmf_insert_pfn(vmf->vma, vmf->address, acme_pfn(vmf));
	case PE_SIZE_PMD:
		return acme_insert(vmf, pe_size);
	default:
		return VM_FAULT_FALLBACK;
	}
}

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	return acme_huge_fault(vmf, PE_SIZE_PTE);
}
