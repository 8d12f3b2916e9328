// SPDX-License-Identifier: GPL-2.0-only
/* Test module: a variant driver that does nothing but have the plain driver's parameters. */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

DEFINE_VFIO_PCI_PARAMS(params_latch);

static int params_init_dev(struct vfio_device *core_vdev)
{
	int ret = vfio_pci_core_init_dev(core_vdev);

	if (!ret)
		params_latch(container_of(core_vdev, struct vfio_pci_core_device, vdev));
	return ret;
}

DEFINE_VFIO_PCI_OPS(params_ops,
	.name	= KBUILD_MODNAME,
	.init	= params_init_dev,
);

static int params_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &params_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void params_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver params_driver = {
	.name			= KBUILD_MODNAME,
	.probe			= params_probe,
	.remove			= params_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(params_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test module: the plain driver's module parameters");
