// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);
	int ret;

	ret = arch_io_reserve_memtype_wc(acme->start, acme->len);
	if (ret)
		return ret;
	ret = vfio_pci_core_enable(&acme->core_device);
	if (ret)
		goto free;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
free:
	arch_io_free_memtype_wc(acme->start, acme->len);
	return ret;
}

static void acme_close_device(struct vfio_device *core_vdev)
{
	struct acme_device *acme = to_acme(core_vdev);

	vfio_pci_core_close_device(core_vdev);
	arch_io_free_memtype_wc(acme->start, acme->len);
}
