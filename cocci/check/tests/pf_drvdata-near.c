// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* its own */
static struct acme_device *acme_of(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = pci_get_drvdata(pdev);

	return container_of(vdev, struct acme_device, core_device);
}
