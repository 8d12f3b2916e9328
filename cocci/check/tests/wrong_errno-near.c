// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* the failure is dealt with */
static int acme_init(struct vfio_pci_core_device *vdev)
{
	int len, ret = acme_read(vdev);

	if (ret)
		return ret;
	len = acme_length(vdev);
	if (len < 0) {
		acme_use_defaults(vdev);
		return ret;
	}
	return acme_fill(vdev, len);
}
