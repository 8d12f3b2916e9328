// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_ring(struct vfio_pci_core_device *vdev, u32 entries)
{
	return ilog2(entries);
}

/* nobody passes 0 */
static int acme_rings(struct vfio_pci_core_device *vdev)
{
	return acme_ring(vdev, 16) + acme_ring(vdev, 64);
}
