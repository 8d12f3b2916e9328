// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* these VFs are made by another driver, whose they are not */
struct vfio_device_ops acme_vf_ops = {
	.name = "acme-vf",
	.open_device = acme_vf_open_device,
};

static void acme_pf_remove(struct pci_dev *pdev)
{
	pci_disable_sriov(pdev);
}

static int acme_pf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return acme_pf_start(pdev);
}

static struct pci_driver acme_pf_driver = {
	.name = "acme-pf",
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
	.sriov_configure = pci_sriov_configure_simple,
};
