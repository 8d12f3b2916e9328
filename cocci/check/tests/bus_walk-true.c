// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_fill(struct pci_dev *pdev, void *data)
{
	struct acme_fill *fill = data;
	u32 bdf = pci_dev_id(pdev);

	if (copy_to_user(fill->user, &bdf, sizeof(bdf))) // finds VPS-LOCK-07
		return -EFAULT;
	fill->user++;
	return 0;
}

static int acme_list(struct pci_dev *pdev, struct acme_fill *fill)
{
	return pci_walk_bus(pdev->bus, acme_fill, fill);
}
