// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table entries of user space, inserted by the kernel's functions.  Outside x86 these look no
 * memory type up: an entry gets the protection that was passed.
 *
 * Modules cannot write entries directly on every architecture: on arm64, set_pte_at() calls
 * mte_sync_tags(), which is not exported.
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

	/* Large entries have the protection of the mapping, which may differ from the segment's. */
	if (order && pgprot_val(win->prot) != pgprot_val(win->vma->vm_page_prot))
		return VM_FAULT_FALLBACK;
	if (order)
		return vfio_pci_insert_huge(vmf, pfn, order);

	pfn = win->pfn;
	for (addr = win->start; addr < win->end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE)
		ret = vmf_insert_pfn_prot(win->vma, addr, pfn++, win->prot);
	return ret;
}
