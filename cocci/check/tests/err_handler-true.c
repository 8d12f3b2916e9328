// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_register(struct acme_device *acme)
{
	int ret = vfio_pci_core_register_device(&acme->core_device);

	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static const struct pci_error_handlers acme_err_handlers = { // finds VPS-RST-03
	.reset_done = acme_reset_done,
};

static struct pci_driver acme_driver = { // finds VPS-RST-03
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.probe = acme_probe,
	.remove = acme_remove,
	.driver_managed_dma = true,
};
