// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of user space's page tables where the kernel's functions write them.  Nobody looks a
 * memory type up there: an entry has the protection that it was asked for.
 *
 * What writes entries directly is not for modules on every architecture: on arm64, set_pte_at()
 * wants mte_sync_tags().
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "vfio_pci_entries.h"

vm_fault_t vfio_pci_insert_window(struct vm_fault *vmf, const struct vfio_pci_window *win,
				  unsigned int order)
{
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long pfn = win->pfn + ((addr - win->start) >> PAGE_SHIFT);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	/* In a mapping of several types, only where the segment's is the mapping's. */
	if (order && pgprot_val(win->prot) != pgprot_val(win->vma->vm_page_prot))
		return VM_FAULT_FALLBACK;
	if (order)
		return vfio_pci_insert_huge(vmf, pfn, order);

	pfn = win->pfn;
	for (addr = win->start; addr < win->end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE)
		ret = vmf_insert_pfn_prot(win->vma, addr, pfn++, win->prot);
	return ret;
}
