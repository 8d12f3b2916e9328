// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_ring(struct vfio_pci_core_device *vdev, u32 entries)
{
	return ilog2(entries); // finds VPS-INPUT-12
}

static int acme_rings(struct vfio_pci_core_device *vdev, u32 entries)
{
	return acme_ring(vdev, entries) + acme_ring(vdev, 0);
}
