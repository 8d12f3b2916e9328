// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_register(struct acme_device *acme)
{
	int ret = vfio_pci_core_register_device(&acme->core_device);

	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}

static const struct pci_device_id acme_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x0001) },
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x0002) },
	{}
};

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.probe = acme_probe,
	.remove = acme_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
