// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static void acme_close_device(struct vfio_device *core_vdev)
{
	acme_stop(to_acme(core_vdev));
	vfio_pci_core_close_device(core_vdev);
}

static int acme_init(struct vfio_device *core_vdev)
{
	mutex_init(&to_acme(core_vdev)->lock);
	return vfio_pci_core_init_dev(core_vdev);
}

struct vfio_device_ops acme_more_ops = {
	.init = acme_init,
	.close_device = acme_close_device,
};
