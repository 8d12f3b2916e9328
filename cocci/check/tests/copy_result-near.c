// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *core = container_of(vdev, struct vfio_pci_core_device, vdev);
	u32 n;
	long ret;

	ret = copy_from_user(&n, (void __user *)arg, sizeof(n));
	if (ret) {
		ret = -EFAULT;
		goto out;
	}
	acme_set(core, n);
out:
	return ret;
}
