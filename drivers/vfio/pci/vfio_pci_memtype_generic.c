// SPDX-License-Identifier: GPL-2.0-only
/* Memory types where nobody tracks them: a mapping has the type it was asked for. */
#include <linux/pgtable.h>

#include "vfio_pci_priv.h"

bool vfio_pci_memtype_granted(void __iomem *io, enum vfio_pci_memtype type, int mtrr)
{
	return true;
}

unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type)
{
	return 0;
}

/* pgprot_noncached() and pgprot_writecombine() replace the attribute here; neither adds to it. */
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
