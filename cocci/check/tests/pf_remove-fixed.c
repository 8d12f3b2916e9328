// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_pf_free(struct acme_pf *pf)
{
	iounmap(pf->bar);
	kfree(pf);
}

static void acme_pf_remove(struct pci_dev *pdev)
{
	struct acme_pf *pf = pci_get_drvdata(pdev);

	pci_disable_sriov(pdev);
	acme_pf_free(pf);
}

static struct pci_driver acme_pf_driver = {
	.name = "acme",
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
	.sriov_configure = pci_sriov_configure_simple,
};
