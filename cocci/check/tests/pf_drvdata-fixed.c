// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct acme_pf *acme_get_pf(struct vfio_pci_core_device *vdev)
{
	return pci_iov_get_pf_drvdata(vdev->pdev, &acme_pf_driver);
}

static struct device *acme_pf_dev(struct vfio_pci_core_device *vdev)
{
	return &pci_physfn(vdev->pdev)->dev;
}
