// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* a driver for VFs has none of its own to bind */
struct vfio_device_ops acme_ops = {
	.name = "acme-vfio-pci",
	.open_device = acme_open_device,
};

static struct pci_driver acme_driver = {
	.name = "acme_vfio_pci",
	.id_table = acme_table,
};
