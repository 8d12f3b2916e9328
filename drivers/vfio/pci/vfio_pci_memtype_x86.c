// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory types on x86, where the PAT code tracks one memory type per physical range.
 *
 * ioremap(), ioremap_wc() and arch_io_reserve_memtype_wc() report success even if they get another
 * type than requested, because an existing reservation of any part of the range takes precedence.
 * The page-table entry is the only proof of the granted type.
 */
#include <linux/pgtable.h>

#include <asm/memtype.h>

#include "vfio_pci_bars.h"

static enum page_cache_mode memtype_cache_mode(enum vfio_pci_memtype type)
{
	return type == VFIO_PCI_MEMTYPE_WC ? _PAGE_CACHE_MODE_WC : _PAGE_CACHE_MODE_UC_MINUS;
}

/* Value of the _PAGE_CACHE_MASK bits in an entry of @type. */
unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type)
{
	return cachemode2protval(memtype_cache_mode(type));
}

/*
 * All entries of one ioremap*() call have the same type: check the first.
 *
 * Without PAT a write-combining mapping has uncached entries and combines only if an MTRR covers
 * it, which a positive @mtrr handle says.
 */
bool vfio_pci_memtype_granted(void __iomem *io, enum vfio_pci_memtype type, int mtrr)
{
	unsigned long bits, want = vfio_pci_memtype_bits(type);
	unsigned int level;
	pte_t *pte;

	if (!pat_enabled())
		return type == VFIO_PCI_MEMTYPE_UC || mtrr > 0;

	pte = lookup_address((unsigned long)io, &level);
	if (!pte)
		return false;

	bits = pte_flags(*pte);
	if (level != PG_LEVEL_4K)
		bits = protval_large_2_4k(bits);
	return (bits & _PAGE_CACHE_MASK) == want;
}

/*
 * Up to v6.12 pgprot_noncached() and pgprot_writecombine() only set bits; applying both gives
 * strong UC.  Clear the cache bits first.
 */
pgprot_t vfio_pci_memtype_prot(pgprot_t prot, const struct vfio_pci_segment *seg)
{
	pgprotval_t bits = pgprot_val(prot) & ~(pgprotval_t)_PAGE_CACHE_MASK;

	return pgprot_decrypted(__pgprot(bits | seg->bits));
}

/* Likely reason for a refused memory type, for messages. */
const char *vfio_pci_memtype_hint(void)
{
	return pat_enabled() ? "mapped by someone else, sysfs resourceN?" :
			       "PAT is off and no MTRR fits";
}
