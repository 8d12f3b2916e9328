// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	ret = acme_power_up(acme);
	if (ret)
		return ret;
	ret = vfio_pci_core_enable(&acme->core_device);
	if (ret)
		goto down;
	acme->io = vfio_pci_core_get_iomap(&acme->core_device, 0);
	if (IS_ERR(acme->io)) {
		ret = PTR_ERR(acme->io);
		goto disable;
	}
	ret = acme_start(acme);
	if (ret)
		goto disable;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
disable:
	vfio_pci_core_disable(&acme->core_device);
down:
	acme_power_down(acme);
	return ret;
}
