// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* no structure of its own, and one of another device */
static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	struct acme_child *child;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &acme_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	dev_set_drvdata(&pdev->dev, vdev);
	child = acme_child_of(pdev);
	dev_set_drvdata(&child->dev, child);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}
