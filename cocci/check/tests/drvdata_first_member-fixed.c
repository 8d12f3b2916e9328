// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct acme_device *acme_alloc(struct pci_dev *pdev)
{
	return vfio_alloc_device(acme_device, core_device.vdev, &pdev->dev, &acme_ops);
}

static void acme_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);
	struct acme_device *acme = container_of(core, struct acme_device, core_device);

	acme_stop(acme);
	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}
