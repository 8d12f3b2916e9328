// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_start(struct vfio_pci_core_device *vdev)
{
	int ret = acme_register_client(vdev);

	if (ret)
		return ret;
	ret = acme_map_ring(vdev);
	if (ret)
		goto err;
	ret = acme_kick(vdev);
	if (ret)
		goto err;
	return 0;
err:
	acme_unregister_client(vdev);
	return ret;
}
