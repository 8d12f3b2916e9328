// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(&acme->core_device); // finds VPS-LIFE-06
	if (ret)
		return ret;
	ret = acme_start(acme);
	if (ret)
		return ret;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}

static int acme_map_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(&acme->core_device); // finds VPS-LIFE-06
	if (ret)
		return ret;
	acme->io = vfio_pci_core_get_iomap(&acme->core_device, 0);
	if (IS_ERR(acme->io))
		return PTR_ERR(acme->io);
	if (!acme->wants_mmap)
		return 0;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}

static int acme_fallback_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);

	vfio_pci_core_finish_enable(&acme->core_device); // finds VPS-LIFE-06
	return 0;
}
