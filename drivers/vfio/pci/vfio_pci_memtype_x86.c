// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory types on x86, where the page attribute table (PAT) has one owner for each range.
 *
 * ioremap(), ioremap_wc() and arch_io_reserve_memtype_wc() ask for a type and report success
 * whatever they get: the first one who holds any part of the range decides for all.  So the only
 * proof is the entry in the page table.
 */
#include <linux/pgtable.h>

#include <asm/memtype.h>

#include "vfio_pci_priv.h"

static enum page_cache_mode cache_mode(enum vfio_pci_memtype type)
{
	return type == VFIO_PCI_MEMTYPE_WC ? _PAGE_CACHE_MODE_WC : _PAGE_CACHE_MODE_UC_MINUS;
}

/* What an entry of that type has in place of the bits of _PAGE_CACHE_MASK. */
unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type)
{
	return cachemode2protval(cache_mode(type));
}

/*
 * One call of ioremap*() gives all its entries the same type, so the first one tells.
 *
 * Without PAT the entry of a write-combining mapping is the uncached one; only a range register
 * (MTRR) can make it combine, and whether it does is what the handle says.
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
 * Up to v6.12 pgprot_noncached() and pgprot_writecombine() only set bits: one after the other, in
 * either order, gives strong UC.  Start from none.
 */
pgprot_t vfio_pci_memtype_prot(pgprot_t prot, const struct vfio_pci_segment *seg)
{
	pgprotval_t bits = pgprot_val(prot) & ~(pgprotval_t)_PAGE_CACHE_MASK;

	return pgprot_decrypted(__pgprot(bits | seg->bits));
}

/* Why a memory type may have been refused, for messages. */
const char *vfio_pci_memtype_hint(void)
{
	return pat_enabled() ? "somebody else has it mapped, sysfs resourceN?" :
			       "PAT is off and no MTRR fits";
}
