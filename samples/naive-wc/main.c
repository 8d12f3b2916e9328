// SPDX-License-Identifier: GPL-2.0-only
/*
 * naive-wc-vfio-pci: how NOT to make a BAR write-combining.
 *
 * This is the obvious attempt.  It compiles and loads, no call fails, nothing is logged, and user
 * space gets an uncached mapping: see README.md.  samples/wc-bar shows how to do it.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

static int naive_wc_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	/* No reservation: each entry gets the type with which the BAR was first mapped. */
	if (!ret)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return ret;
}

DEFINE_VFIO_PCI_OPS(naive_wc_vfio_pci_ops,
	.name	= "naive-wc-vfio-pci",
	.mmap	= naive_wc_vfio_pci_mmap,
);

static int naive_wc_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &naive_wc_vfio_pci_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void naive_wc_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver naive_wc_vfio_pci_driver = {
	.name			= "naive-wc-vfio-pci",
	.probe			= naive_wc_vfio_pci_probe,
	.remove			= naive_wc_vfio_pci_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(naive_wc_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver that only thinks it maps BARs write-combining");
