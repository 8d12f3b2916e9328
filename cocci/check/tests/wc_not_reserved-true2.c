// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret = vfio_pci_core_enable(vdev);

	if (ret)
		return ret;
	ret = arch_io_reserve_memtype_wc(acme_start(vdev), SZ_1M); // finds VPS-MEMT-02
	if (ret) {
		vfio_pci_core_disable(vdev);
		return ret;
	}
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static void acme_close_device(struct vfio_device *core_vdev)
{
	vfio_pci_core_close_device(core_vdev);
	arch_io_free_memtype_wc(acme_start_of(core_vdev), SZ_1M);
}
