// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: tells a program by which page-table entry one of its own addresses is mapped.
 * Debian's kernels have nothing in user space that shows entries of a PFN mapping.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>

#include "ptwalk.h"

/* True if this kernel has large entries for device memory. */
static bool pmd = IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP);
module_param(pmd, bool, 0444);

/* On x86 the kernel fills the page attribute table the same everywhere. */
static u64 memory_types(void)
{
#ifdef CONFIG_ARM64
	return read_sysreg(mair_el1);
#else
	return 0;
#endif
}

/* Under the mmap lock for write no page table can go away below us. */
static void ptwalk_lookup(struct mm_struct *mm, struct ptwalk *query)
{
	unsigned long addr = query->addr;
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	query->size = 0;
	query->entry = 0;
	query->types = memory_types();
	if (pgd_none(*pgd))
		return;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return;
	pud = pud_offset(p4d, addr);
	if (!pud_present(*pud))
		return;
	if (pud_leaf(*pud)) {
		query->size = PUD_SIZE;
		query->entry = pud_val(*pud);
		return;
	}
	pmd = pmd_offset(pud, addr);
	if (!pmd_present(*pmd))
		return;
	if (pmd_leaf(*pmd)) {
		query->size = PMD_SIZE;
		query->entry = pmd_val(*pmd);
		return;
	}
	pte = pte_offset_kernel(pmd, addr);
	if (!pte_present(*pte))
		return;
	query->size = PAGE_SIZE;
	query->entry = pte_val(*pte);
}

static long ptwalk_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct ptwalk query;

	if (cmd != PTWALK_LOOKUP)
		return -ENOTTY;
	if (copy_from_user(&query, user, sizeof(query)))
		return -EFAULT;
	if (query.addr >= TASK_SIZE)
		return -EINVAL;

	mmap_write_lock(current->mm);
	ptwalk_lookup(current->mm, &query);
	mmap_write_unlock(current->mm);

	return copy_to_user(user, &query, sizeof(query)) ? -EFAULT : 0;
}

static const struct file_operations ptwalk_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = ptwalk_ioctl,
};

static struct miscdevice ptwalk_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ptwalk",
	.fops = &ptwalk_fops,
};
module_misc_device(ptwalk_device);

MODULE_DESCRIPTION("Test module: shows the page-table entry of an address");
MODULE_LICENSE("GPL");
