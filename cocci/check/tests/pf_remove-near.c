// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* by its own function */
static int acme_pf_sriov(struct pci_dev *pdev, int nr)
{
	if (nr)
		return acme_pf_make(pdev, nr);
	pci_disable_sriov(pdev);
	return 0;
}

static void acme_pf_remove(struct pci_dev *pdev)
{
	struct acme_pf *pf = pci_get_drvdata(pdev);

	acme_pf_sriov(pdev, 0);
	kfree(pf);
}

static struct pci_driver acme_pf_driver = {
	.name = "acme",
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
	.sriov_configure = acme_pf_sriov,
};

/* a VF's driver makes none */
static void acme_vf_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static struct pci_driver acme_vf_driver = {
	.name = "acme-vf",
	.probe = acme_vf_probe,
	.remove = acme_vf_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
