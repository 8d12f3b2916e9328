// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* nobody has it open yet */
static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	struct vfio_pci_core_device *vdev = &acme->core_device;

	dev_set_drvdata(&pdev->dev, vdev);
	pcie_flr(pdev);
	return acme_register(acme);
}

static void acme_remove(struct pci_dev *pdev)
{
	pci_reset_function(pdev);
}
