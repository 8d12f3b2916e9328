// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* no migration, nothing to bring back */
static struct vfio_pci_core_device *acme_core;

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.probe = acme_probe,
	.remove = acme_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
