// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct acme_device *acme_alloc(struct pci_dev *pdev)
{
	return vfio_alloc_device(acme_device, core_device.vdev, &pdev->dev, &acme_ops);
}

/* drvdata of the PF, which has another driver */
static int acme_pf_version(struct pci_dev *pdev)
{
	struct acme_pf *pf = pci_get_drvdata(pci_physfn(pdev)); // finds VPS-LIFE-12

	return pf->version;
}

/* a cast of what is the driver's own */
static ssize_t acme_region_rw(struct vfio_pci_region *region)
{
	struct acme_device *acme = (struct acme_device *)region->data;

	return acme->size;
}
