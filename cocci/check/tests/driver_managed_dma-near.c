// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* the PF's own driver: its DMA is the kernel's */
static struct pci_driver acme_pf_driver = {
	.name = "acme-pf",
	.id_table = acme_pf_table,
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
};
