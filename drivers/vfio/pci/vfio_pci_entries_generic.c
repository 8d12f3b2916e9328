// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table entries of user space, inserted by the kernel's functions.  Outside x86 these look no
 * memory type up: an entry gets the protection that was passed.
 *
 * Modules cannot write entries directly on every architecture: on arm64, set_pte_at() calls
 * mte_sync_tags(), which is not exported.
 *
 * Entries of a writable mapping are dirty from the start.  The dirty bit of device memory means
 * nothing, but a CPU that does not set it (arm64 before v8.1) faults at the first write to each
 * clean entry.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "vfio_pci_entries.h"

static vm_fault_t entries_insert_ptes(const struct vfio_pci_window *win)
{
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned long addr, pfn = win->pfn;
	pgprot_t prot = win->prot;

	if (win->vma->vm_flags & VM_WRITE)
		prot = __pgprot(pte_val(pte_mkdirty(pfn_pte(0, prot))));
	for (addr = win->start; addr < win->end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE)
		ret = vmf_insert_pfn_prot(win->vma, addr, pfn++, prot);
	return ret;
}

/*
 * vmf_insert_pfn_{pmd,pud}() make an entry dirty for a write only, and warn if a write finds a page
 * table, which a concurrent fault can have put there (after transparent huge pages were disabled).
 * Insert as for a read; if the result is a large entry it stays one, and is ours to make dirty.
 */
static vm_fault_t entries_insert_large(const struct vm_fault *vmf, unsigned long addr,
				       unsigned long pfn, unsigned int order)
{
	struct vm_fault at = {
		.vma = vmf->vma,
		.address = addr,
		.pud = vmf->pud,
		.pmd = vmf->pmd,
	};
	vm_fault_t ret;
	bool leaf;

	if (order == PMD_ORDER)
		at.pmd += pmd_index(addr) - pmd_index(vmf->address);
	ret = vfio_pci_insert_huge(&at, pfn, order);
	leaf = order == PUD_ORDER ? pud_leaf(READ_ONCE(*at.pud)) : pmd_leaf(READ_ONCE(*at.pmd));
	if (ret != VM_FAULT_NOPAGE || !leaf || !(vmf->vma->vm_flags & VM_WRITE))
		return ret;
	at.flags = FAULT_FLAG_WRITE;
	return vfio_pci_insert_huge(&at, pfn, order);
}

vm_fault_t vfio_pci_insert_window(struct vm_fault *vmf, const struct vfio_pci_window *win,
				  unsigned int order)
{
	unsigned long addr, pfn = win->pfn;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (!order)
		return entries_insert_ptes(win);

	/* They take vm_page_prot: in a mapping of several types, only where it is the segment's. */
	if (pgprot_val(win->prot) != pgprot_val(win->vma->vm_page_prot))
		return VM_FAULT_FALLBACK;
	for (addr = win->start; addr < win->end && ret == VM_FAULT_NOPAGE;
	     addr += PAGE_SIZE << order, pfn += 1UL << order)
		ret = entries_insert_large(vmf, addr, pfn, order);
	return ret;
}
