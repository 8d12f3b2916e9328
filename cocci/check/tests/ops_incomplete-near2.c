// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* another bus */
static const struct vfio_device_ops acme_bus_ops = {
	.name = "acme-bus",
	.open_device = acme_bus_open_device,
	.close_device = acme_bus_close_device,
	.ioctl = acme_bus_ioctl,
};
