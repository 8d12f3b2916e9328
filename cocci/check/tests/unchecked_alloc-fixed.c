// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_start(struct vfio_pci_core_device *vdev)
{
	struct acme_cap *cap = kzalloc(sizeof(*cap), GFP_KERNEL);
	int ret;

	if (!cap)
		return -ENOMEM;
	cap->version = 1;
	ret = acme_add(vdev, cap);
	kfree(cap);
	return ret;
}
