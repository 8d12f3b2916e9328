// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_close_device(struct vfio_device *core_vdev) // finds VPS-LIFE-07
{
	struct acme_device *acme = to_acme(core_vdev);

	acme_stop(acme);
}

static int acme_init(struct vfio_device *core_vdev) // finds VPS-LIFE-07
{
	struct acme_device *acme = to_acme(core_vdev);

	mutex_init(&acme->lock);
	return 0;
}

static const struct vfio_device_ops acme_ops[] = {};

DEFINE_ACME(struct vfio_pci_core_device);

static struct vfio_pci_core_device *acme_core;

struct vfio_device_ops acme_more_ops = {
	.init = acme_init,
	.close_device = acme_close_device,
};
