// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static u64 acme_range(struct vfio_pci_core_device *vdev, struct interval_tree_node *node)
{
	u64 size = node->last - node->start; // finds VPS-INPUT-10

	return DIV_ROUND_UP(size, SZ_4K);
}
