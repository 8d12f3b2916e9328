// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* prepares the device, then leaves it to the core */
static int acme_configure(struct vfio_pci_core_device *vdev, int nr)
{
	int ret = acme_tell(vdev, nr);

	return ret ?: vfio_pci_core_sriov_configure(vdev, nr);
}

static int acme_sriov_configure(struct pci_dev *pdev, int nr)
{
	return acme_configure(pci_get_drvdata(pdev), nr);
}

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.sriov_configure = acme_sriov_configure,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
