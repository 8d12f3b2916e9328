// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include "rst.h"

static struct rst_state *vdev_to_st(struct vfio_device *vdev)
{
	struct vfio_pci_core_device *vpci = container_of(vdev, struct vfio_pci_core_device, vdev);

	return container_of(vpci, struct rst_state, vpci);
}

static int rst_open(struct vfio_device *vdev)
{
	struct rst_state *st = vdev_to_st(vdev);
	int ret = vfio_pci_core_enable(&st->vpci);

	if (ret)
		return ret;
	ret = vfio_pci_core_register_dev_region(&st->vpci, 0x10de, 7, &rst_regops, PAGE_SIZE,
						VFIO_REGION_INFO_FLAG_READ |
						VFIO_REGION_INFO_FLAG_MMAP, st);
	if (ret) {
		vfio_pci_core_disable(&st->vpci);
		return ret;
	}
	vfio_pci_core_finish_enable(&st->vpci);
	return 0;
}

static void rst_close(struct vfio_device *vdev)
{
	struct rst_state *st = vdev_to_st(vdev);

	mutex_lock(&st->cfg_lock);
	st->generation = 0;
	mutex_unlock(&st->cfg_lock);
	vfio_pci_core_close_device(vdev);
}

DEFINE_VFIO_PCI_OPS(rst_ops,
	.name = KBUILD_MODNAME,
	.open_device = rst_open,
	.close_device = rst_close,
);

static void rst_revoke(struct vfio_pci_core_device *vpci)
{
	vfio_pci_core_zap_region(vpci, VFIO_PCI_NUM_REGIONS);
}

static const struct vfio_pci_device_ops rst_dev_ops = { .access_revoke = rst_revoke };

static int rst_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct rst_state *st;
	int ret;

	st = vfio_alloc_device(rst_state, vpci.vdev, &pdev->dev, &rst_ops);
	if (IS_ERR(st))
		return PTR_ERR(st);
	mutex_init(&st->cfg_lock);
	st->vpci.pci_ops = &rst_dev_ops;
	dev_set_drvdata(&pdev->dev, &st->vpci);
	ret = vfio_pci_core_register_device(&st->vpci);
	if (ret)
		goto put;
	return 0;
put:
	vfio_put_device(&st->vpci.vdev);
	return ret;
}

static void rst_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vpci = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vpci);
	vfio_put_device(&vpci->vdev);
}

static pci_ers_result_t rst_error(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct vfio_pci_core_device *vpci = dev_get_drvdata(&pdev->dev);

	pci_warn(vpci->pdev, "error, state %d\n", state);
	return vfio_pci_core_aer_err_detected(pdev, state);
}

static void rst_prepare(struct pci_dev *pdev)
{
	vfio_pci_core_reset_prepare(pdev);
}

static const struct pci_error_handlers rst_err_handlers = {
	.error_detected = rst_error,
	.reset_prepare = rst_prepare,
	.reset_done = vfio_pci_core_reset_done,
};

static const struct pci_device_id rst_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x144d, 0xa808) },
	{}
};
MODULE_DEVICE_TABLE(pci, rst_table);

static struct pci_driver rst_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = rst_table,
	.probe = rst_probe,
	.remove = rst_remove,
	.err_handler = &rst_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(rst_pci_driver);
MODULE_LICENSE("GPL");
