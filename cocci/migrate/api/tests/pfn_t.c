// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/pfn_t.h>

static vm_fault_t acme_insert(struct vm_fault *vmf, unsigned long pfn, unsigned int order)
{
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), false);
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), false);
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}

static vm_fault_t acme_insert_phys(struct vm_fault *vmf, phys_addr_t base, size_t off, unsigned long pfn)
{
	if (off)
		return vmf_insert_pfn_pud(vmf, phys_to_pfn_t(base + off, PFN_DEV), true);
	return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(pfn), true);
}
