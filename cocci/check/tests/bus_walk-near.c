// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* called, not called back */
static int acme_tell(struct pci_dev *pdev, void *data)
{
	u32 bdf = pci_dev_id(pdev);

	return copy_to_user(data, &bdf, sizeof(bdf)) ? -EFAULT : 0;
}

static int acme_count(struct pci_dev *pdev, void *data)
{
	(*(int *)data)++;
	return 0;
}

static int acme_list(struct pci_dev *pdev, void __user *user)
{
	int count = 0;

	pci_walk_bus(pdev->bus, acme_count, &count);
	return acme_tell(pdev, user);
}
