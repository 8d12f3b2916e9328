// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct acme_pf *acme_get_pf(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pf = pci_physfn(vdev->pdev);

	return pci_get_drvdata(pf); // finds VPS-LIFE-12
}

static struct device *acme_pf_dev(struct vfio_pci_core_device *vdev)
{
	return &vdev->pdev->physfn->dev; // finds VPS-LIFE-12
}
