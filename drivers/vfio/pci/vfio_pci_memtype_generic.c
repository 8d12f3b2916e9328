// SPDX-License-Identifier: GPL-2.0-only
/* Memory types on architectures without tracking: a mapping has the requested type. */
#include <linux/pgtable.h>

#include "vfio_pci_bars.h"

bool vfio_pci_memtype_granted(void __iomem *io, enum vfio_pci_memtype type, int mtrr)
{
	return true;
}

unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type)
{
	return 0;
}

/* On these architectures both helpers replace the attribute instead of setting bits. */
pgprot_t vfio_pci_memtype_prot(pgprot_t prot, const struct vfio_pci_segment *seg)
{
	prot = seg->type == VFIO_PCI_MEMTYPE_WC ? pgprot_writecombine(prot) :
						  pgprot_noncached(prot);
	return pgprot_decrypted(prot);
}

const char *vfio_pci_memtype_hint(void)
{
	return "no room for the mapping";
}
