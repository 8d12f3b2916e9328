// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct vfio_device_ops acme_ops = {
	.name = KBUILD_MODNAME,
	.open_device = acme_open_device,
};

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.sriov_configure = acme_sriov_configure,
};
