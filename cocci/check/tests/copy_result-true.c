// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *core = container_of(vdev, struct vfio_pci_core_device, vdev);
	u32 n = acme_count(core);
	long ret;

	if (cmd == 1)
		return copy_to_user((void __user *)arg, &n, sizeof(n)); // finds VPS-ERR-03
	ret = copy_from_user(&n, (void __user *)arg, sizeof(n)); // finds VPS-ERR-03
	if (!ret)
		acme_set(core, n);
	return ret;
}
