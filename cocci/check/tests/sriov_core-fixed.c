// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_sriov_configure(struct pci_dev *pdev, int nr)
{
	struct vfio_pci_core_device *vdev = pci_get_drvdata(pdev);

	return vfio_pci_core_sriov_configure(vdev, nr);
}

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.sriov_configure = acme_sriov_configure,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
