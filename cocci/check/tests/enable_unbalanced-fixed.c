// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(&acme->core_device);
	if (ret)
		return ret;
	ret = acme_start(acme);
	if (ret) {
		vfio_pci_core_disable(&acme->core_device);
		return ret;
	}
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}
