// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_start(struct vfio_pci_core_device *vdev, int tries)
{
	int ret;

	/* the last one counts */
	do {
		ret = acme_kick(vdev);
	} while (ret && tries--);
	return ret;
}
