// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_fill(struct pci_dev *pdev, void *data)
{
	struct acme_fill *fill = data;

	fill->bdf[fill->count++] = pci_dev_id(pdev);
	return 0;
}

static int acme_list(struct pci_dev *pdev, struct acme_fill *fill)
{
	pci_walk_bus(pdev->bus, acme_fill, fill);
	return copy_to_user(fill->user, fill->bdf, fill->count * sizeof(u32)) ? -EFAULT : 0;
}
