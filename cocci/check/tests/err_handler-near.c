// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* not a vfio driver: the PF's */
static const struct pci_error_handlers acme_pf_err_handlers = {
	.reset_done = acme_pf_reset_done,
};

static struct pci_driver acme_pf_driver = {
	.name = "acme",
	.id_table = acme_pf_table,
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
};
