// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include "tsr.h"

#define TSR_NAME "tessera-vfio-pci"

static int tsr_region_mmap(struct vfio_pci_core_device *cd, struct vfio_pci_region *region,
			   struct vm_area_struct *vma)
{
	return tsr_map_doorbells(cd_to_tsr(cd), vma);
}

static ssize_t tsr_region_rw(struct vfio_pci_core_device *cd, char __user *buf, size_t count,
			     loff_t *ppos, bool iswrite)
{
	return -EINVAL;
}

static void tsr_region_release(struct vfio_pci_core_device *cd, struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops tsr_regops = {
	.rw = tsr_region_rw,
	.mmap = tsr_region_mmap,
	.release = tsr_region_release,
};

static int tsr_add_region(struct tsr_dev *td)
{
	return vfio_pci_core_register_dev_region(&td->cd, 0x8001, 1, &tsr_regops, td->db_len,
						 VFIO_REGION_INFO_FLAG_MMAP, td);
}

static int tsr_open(struct vfio_device *vd)
{
	struct tsr_dev *td = vd_to_tsr(vd);
	int err;

	err = vfio_pci_core_enable(&td->cd);
	if (err)
		return err;

	err = tsr_add_region(td);
	if (err)
		goto err_off;

	vfio_pci_core_finish_enable(&td->cd);
	return 0;

err_off:
	vfio_pci_core_disable(&td->cd);
	return err;
}

static void tsr_close(struct vfio_device *vd)
{
	vfio_pci_core_close_device(vd);
}

DEFINE_VFIO_PCI_OPS(tsr_ops,
	.name = TSR_NAME,
	.open_device = tsr_open,
	.close_device = tsr_close,
);

static void tsr_revoke(struct vfio_pci_core_device *cd)
{
	tsr_drop_doorbells(cd_to_tsr(cd));
}

static const struct vfio_pci_device_ops tsr_pci_ops = { .access_revoke = tsr_revoke };

static int tsr_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct tsr_dev *td;
	int err;

	td = vfio_alloc_device(tsr_dev, cd.vdev, &pdev->dev, &tsr_ops);
	if (IS_ERR(td))
		return PTR_ERR(td);

	td->cd.pci_ops = &tsr_pci_ops;
	td->db_base = pci_resource_start(pdev, TSR_DOORBELL_BAR);
	td->db_len = pci_resource_len(pdev, TSR_DOORBELL_BAR);
	pci_set_drvdata(pdev, &td->cd);

	err = vfio_pci_core_register_device(&td->cd);
	if (err)
		vfio_put_device(&td->cd.vdev);
	return err;
}

static void tsr_remove(struct pci_dev *pdev)
{
	struct tsr_dev *td = cd_to_tsr((struct vfio_pci_core_device *)pci_get_drvdata(pdev));

	vfio_pci_core_unregister_device(&td->cd);
	vfio_put_device(&td->cd.vdev);
}

static const struct pci_device_id tsr_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_AMAZON, 0x00ff) },
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_AMAZON, 0x01ff) },
	{ }
};
MODULE_DEVICE_TABLE(pci, tsr_ids);

static struct pci_driver tsr_driver = {
	.name = TSR_NAME,
	.id_table = tsr_ids,
	.probe = tsr_probe,
	.remove = tsr_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(tsr_driver);
MODULE_LICENSE("GPL");
