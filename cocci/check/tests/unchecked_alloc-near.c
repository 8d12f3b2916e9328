// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_start(struct vfio_pci_core_device *vdev)
{
	struct acme_cap *cap;

	cap = kzalloc(sizeof(*cap), GFP_KERNEL);
	if (cap)
		cap->version = 1;
	return acme_add(vdev, cap);
}
