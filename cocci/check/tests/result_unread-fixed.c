// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_start(struct vfio_pci_core_device *vdev)
{
	int ret;

	ret = acme_power(vdev);
	if (ret)
		return ret;
	ret = acme_kick(vdev);
	if (ret)
		return ret;
	return acme_ask(vdev);
}
