// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static int acme_reserve(struct acme_device *acme)
{
	return arch_io_reserve_memtype_wc(acme->start, acme->len); // finds VPS-MEMT-03
}
