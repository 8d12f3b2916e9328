// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table entries of user space on x86, written directly.
 *
 * vmf_insert_pfn*() would look up the memory type per page, which bar_map_segments() has already
 * verified; in v6.12, vmf_insert_pfn_pud() even ignores the type that it looked up.  An entry
 * written here has the type of the segment and is special: it has no struct page.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "vfio_pci_entries.h"

static u64 entries_value(const struct vfio_pci_window *win, unsigned long pfn)
{
	return native_pte_val(pte_mkspecial(pfn_pte(pfn, win->prot)));
}

/*
 * Present entries are left alone: a concurrent fault inserted them, or they are userfaultfd
 * markers.
 *
 * A BAR is aligned to its size, so the value of an entry grows by a constant step from page to
 * page, even where the address bits are inverted.  The native value is also right on a
 * paravirtualized host: frames of a BAR are not translated.
 */
static void entries_insert_ptes(const struct vm_fault *vmf, const struct vfio_pci_window *win)
{
	struct mm_struct *mm = win->vma->vm_mm;
	spinlock_t *ptl = pte_lockptr(mm, vmf->pmd);
	pte_t *pte = pte_offset_kernel(vmf->pmd, win->start);
	pte_t *end = pte + ((win->end - win->start) >> PAGE_SHIFT);
	u64 value = entries_value(win, win->pfn);
	const u64 step = entries_value(win, win->pfn + 1) - value;
	unsigned long addr = win->start;

	spin_lock(ptl);
	for (; pte < end; pte++, addr += PAGE_SIZE, value += step)
		if (pte_none(ptep_get(pte)))
			set_pte_at(mm, addr, pte, native_make_pte(value));
	spin_unlock(ptl);
}

static void entries_insert_pmds(const struct vm_fault *vmf, const struct vfio_pci_window *win)
{
	pmd_t *pmd = vmf->pmd + pmd_index(win->start) - pmd_index(vmf->address);
	spinlock_t *ptl = pmd_lock(win->vma->vm_mm, vmf->pmd);
	unsigned long addr, pfn = win->pfn;

	for (addr = win->start; addr < win->end; addr += PMD_SIZE, pmd++, pfn += 1UL << PMD_ORDER)
		if (pmd_none(READ_ONCE(*pmd)))
			set_pmd_at(win->vma->vm_mm, addr, pmd,
				   pmd_mkspecial(pmd_mkhuge(pfn_pmd(pfn, win->prot))));
	spin_unlock(ptl);
}

static void entries_insert_pud(const struct vm_fault *vmf, const struct vfio_pci_window *win)
{
	spinlock_t *ptl = pud_lock(win->vma->vm_mm, vmf->pud);

	if (pud_none(READ_ONCE(*vmf->pud)))
		set_pud_at(win->vma->vm_mm, win->start, vmf->pud,
			   pud_mkspecial(pud_mkhuge(pfn_pud(win->pfn, win->prot))));
	spin_unlock(ptl);
}

/*
 * Soft-dirty tracking (/proc/PID/clear_refs) removes the write permission from vm_page_prot.  At
 * the first write the kernel makes a small entry writable; a large one is left to the huge_fault
 * callback, without which the write would fault for ever.
 */
static bool entries_write_protected(const struct vm_fault *vmf, unsigned int order)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return false;
	return order == PUD_ORDER ? !pud_write(READ_ONCE(*vmf->pud)) :
				    !pmd_write(READ_ONCE(*vmf->pmd));
}

vm_fault_t vfio_pci_insert_window(struct vm_fault *vmf, const struct vfio_pci_window *win,
				  unsigned int order)
{
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);

	if (!order)
		entries_insert_ptes(vmf, win);
	else if (order == PMD_ORDER)
		entries_insert_pmds(vmf, win);
	else
		entries_insert_pud(vmf, win);
	if (order && entries_write_protected(vmf, order))
		return vfio_pci_insert_huge(vmf, win->pfn + ((addr - win->start) >> PAGE_SHIFT),
					    order);
	return VM_FAULT_NOPAGE;
}
