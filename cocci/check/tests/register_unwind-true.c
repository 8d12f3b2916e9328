// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	int ret;

	ret = vfio_pci_core_register_device(&acme->core_device); // finds VPS-LIFE-05
	if (ret)
		return ret;
	return 0;
}

static int acme_other_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);
	int ret;

	ret = vfio_pci_core_register_device(&acme->core_device); // finds VPS-LIFE-05
	if (ret)
		goto free;
	return 0;
free:
	kfree(acme);
	return ret;
}

static int acme_third_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);

	return vfio_pci_core_register_device(&acme->core_device); // finds VPS-LIFE-05
}
