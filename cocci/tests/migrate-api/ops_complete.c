// SPDX-License-Identifier: GPL-2.0-only
static const struct vfio_device_ops acme_ops = {
	.name = "acme-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.match = vfio_pci_core_match,
};

static const struct vfio_device_ops not_pci_ops = {
	.name = "vfio-other",
	.init = other_init,
};
