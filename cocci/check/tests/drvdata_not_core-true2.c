// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme;
	int ret;

	acme = vfio_alloc_device(acme_device, core_device.vdev, &pdev->dev, &acme_ops);
	if (IS_ERR(acme))
		return PTR_ERR(acme);
	ret = vfio_pci_core_register_device(&acme->core_device); // finds VPS-LIFE-03
	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static int acme_plain_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &acme_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	ret = vfio_pci_core_register_device(vdev); // finds VPS-LIFE-03
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}
