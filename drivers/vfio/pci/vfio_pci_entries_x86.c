// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table entries of user space on x86, written directly.
 *
 * vmf_insert_pfn*() would look up the memory type per page, which bar_map_segments() has already
 * verified; in v6.12, vmf_insert_pfn_pud() then does not use it.  An entry written here has the
 * type of the segment and is special: it has no struct page.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "vfio_pci_entries.h"

static pte_t entries_make(const struct vfio_pci_window *win, unsigned long pfn)
{
	return pte_mkspecial(pfn_pte(pfn, win->prot));
}

/*
 * Called for the first page with its page table locked; the other entries follow in the same table.
 * Present entries are left alone: a concurrent fault inserted them, or they are userfaultfd
 * markers.
 *
 * A BAR is aligned to its size, so the value of an entry grows by a constant step from page to
 * page, even where the address bits are inverted.
 */
static int entries_fill(pte_t *pte, unsigned long addr, void *data)
{
	const struct vfio_pci_window *win = data;
	u64 value = pte_val(entries_make(win, win->pfn));
	const u64 step = pte_val(entries_make(win, win->pfn + 1)) - value;

	for (; addr < win->end; addr += PAGE_SIZE, pte++, value += step)
		if (pte_none(ptep_get(pte)))
			set_pte_at(win->vma->vm_mm, addr, pte, __pte(value));
	return 0;
}

static vm_fault_t entries_insert_ptes(const struct vfio_pci_window *win)
{
	if (apply_to_page_range(win->vma->vm_mm, win->start, PAGE_SIZE, entries_fill, (void *)win))
		return VM_FAULT_OOM;
	return VM_FAULT_NOPAGE;
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
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(win->vma);
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);

	lockdep_assert_held_read(&vdev->memory_lock);

	if (!order)
		return entries_insert_ptes(win);

	if (order == PMD_ORDER)
		entries_insert_pmds(vmf, win);
	else
		entries_insert_pud(vmf, win);
	if (entries_write_protected(vmf, order))
		return vfio_pci_insert_huge(vmf, win->pfn + ((addr - win->start) >> PAGE_SHIFT),
					    order);
	return VM_FAULT_NOPAGE;
}
