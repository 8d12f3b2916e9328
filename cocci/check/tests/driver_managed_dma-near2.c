// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_vf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	int ret = vfio_pci_core_register_device(vdev);

	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static struct pci_driver acme_vf_driver = {
	.name = "acme-vf",
	.probe = acme_vf_probe,
	.remove = acme_vf_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};

/* the driver of the PF, beside it: its DMA is the kernel's, and nobody has it open */
static const struct pci_error_handlers acme_pf_err_handlers = {
	.reset_done = acme_pf_reset_done,
};

static int acme_pf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return acme_pf_start(pdev);
}

static struct pci_driver acme_pf_driver = {
	.name = "acme-pf",
	.probe = acme_pf_probe,
	.remove = acme_pf_remove,
	.err_handler = &acme_pf_err_handlers,
};
