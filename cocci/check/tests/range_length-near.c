// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* asks whether there is more than one page */
static bool acme_is_large(struct vfio_pci_core_device *vdev, struct interval_tree_node *node)
{
	if (node->last - node->start >= SZ_4K)
		return true;
	return false;
}
