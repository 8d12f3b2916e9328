// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static void acme_end(struct acme_device *acme)
{
	acme_stop(acme);
	vfio_pci_core_close_device(&acme->core_device.vdev);
}

static void acme_close_device(struct vfio_device *core_vdev)
{
	acme_end(to_acme(core_vdev));
}

/* defined in another file */
struct vfio_device_ops acme_more_ops = {
	.init = acme_elsewhere_init,
	.release = acme_elsewhere_release,
	.close_device = acme_close_device,
};
