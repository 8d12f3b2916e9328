// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	int ret;

	ret = vfio_pci_core_register_device(&acme->core_device);
	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static int acme_other_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	int ret;

	ret = vfio_pci_core_register_device(&acme->core_device);
	if (ret)
		goto put;
	ret = acme_start(acme);
	if (ret)
		goto unregister;
	return 0;
unregister:
	vfio_pci_core_unregister_device(&acme->core_device);
put:
	vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static void acme_put(void *data)
{
	struct acme_device *acme = data;

	vfio_put_device(&acme->core_device.vdev);
}

static int acme_managed_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	int ret;

	ret = devm_add_action_or_reset(&pdev->dev, acme_put, acme);
	if (ret)
		return ret;
	return vfio_pci_core_register_device(&acme->core_device);
}
