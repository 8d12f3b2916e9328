// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_pf_free(struct acme_pf *pf)
{
	iounmap(pf->bar); // finds VPS-LIFE-16
	kfree(pf);
}

static void acme_pf_remove(struct pci_dev *pdev)
{
	struct acme_pf *pf = pci_get_drvdata(pdev);

	acme_pf_free(pf);
	pci_disable_sriov(pdev);
}

static struct pci_driver acme_pf_driver = {
	.name = "acme",
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
	.sriov_configure = pci_sriov_configure_simple,
};

static void acme2_pf_remove(struct pci_dev *pdev) // finds VPS-LIFE-16
{
	acme2_stop(pci_get_drvdata(pdev));
}

static struct pci_driver acme2_pf_driver = {
	.name = "acme2",
	.probe = acme2_pf_probe,
	.remove = acme2_pf_remove,
	.sriov_configure = pci_sriov_configure_simple,
};
