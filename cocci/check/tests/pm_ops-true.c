// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_register(struct acme_device *acme)
{
	int ret = vfio_pci_core_register_device(&acme->core_device);

	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static struct pci_driver acme_driver = { // finds VPS-RST-04
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.probe = acme_probe,
	.remove = acme_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
	.driver.pm = &acme_pm_ops,
};
