// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct acme_device *acme_alloc(struct pci_dev *pdev)
{
	return vfio_alloc_device(acme_device, core_device.vdev, &pdev->dev, &acme_ops);
}

static void acme_remove(struct pci_dev *pdev)
{
	struct acme_device *acme = dev_get_drvdata(&pdev->dev); // finds VPS-LIFE-04

	vfio_pci_core_unregister_device(&acme->core_device);
	vfio_put_device(&acme->core_device.vdev);
}

static void acme_reset_done(struct pci_dev *pdev)
{
	struct acme_device *acme;

	acme = pci_get_drvdata(pdev); // finds VPS-LIFE-04
	acme->resets++;
}

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = (struct acme_device *)core_vdev; // finds VPS-LIFE-04

	return acme_enable(acme);
}
