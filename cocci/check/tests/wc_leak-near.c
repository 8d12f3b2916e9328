// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* freed with the driver, and by the core */
static int acme_declare(struct acme_device *acme)
{
	int ret = devm_arch_io_reserve_memtype_wc(&acme->pdev->dev, acme->start, acme->len);

	if (ret)
		return ret;
	return vfio_pci_core_set_memtype(&acme->core_device, 2, 0, SZ_1M, VFIO_PCI_MEMTYPE_WC, 0);
}
