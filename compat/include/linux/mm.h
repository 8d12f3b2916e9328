/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/mm.h>

#ifndef VFIO_PCI_SDK_COMPAT_MM_H
#define VFIO_PCI_SDK_COMPAT_MM_H

/* Linux kernel ("mm: introduce vma->vm_flags wrapper functions") (in v6.3) */
#ifndef HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/*
 * Linux kernel ("mm: introduce new flag to indicate wc safe") (in v6.9); no
 * architecture checks it before
 */
#ifndef VM_ALLOW_ANY_UNCACHED
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

#ifndef PMD_ORDER
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#endif
#ifndef PUD_ORDER
#define PUD_ORDER	(PUD_SHIFT - PAGE_SHIFT)
#endif

/* Linux kernel ("mm: remove pfn_t") and its series (in v6.17) */
#ifndef HAVE_VMF_INSERT_PFN_PMD_TAKES_PFN
#include <linux/pfn_t.h>
#define vmf_insert_pfn_pmd(vmf, pfn, write) \
	((vmf_insert_pfn_pmd)(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write))
#define vmf_insert_pfn_pud(vmf, pfn, write) \
	((vmf_insert_pfn_pud)(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write))
#endif

/*
 * A huge_fault callback, or NULL if page tables cannot mark a large entry as special: then
 * get_user_pages() would look up a struct page for it.
 */
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
#define vm_ops_huge_fault(_fn)	(_fn)
#else
#define vm_ops_huge_fault(_fn)	((void *)(0 ? (_fn) : NULL))
#endif

/* In v6.12; before, memory without struct page cannot have large entries. */
#ifndef HAVE_PMD_MKSPECIAL
#define pmd_mkspecial(pmd)	(pmd)
#define pud_mkspecial(pud)	(pud)
#endif

#endif /* VFIO_PCI_SDK_COMPAT_MM_H */
