// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_set(struct acme_device *acme, u32 __user *from)
{
	u32 val;

	if (get_user(val, from))
		return -EFAULT;
	guard(rwsem_read)(&acme->core_device.memory_lock);
	iowrite32(val, acme->io);
	return 0;
}

static int acme_get(struct vfio_pci_core_device *vdev, void __iomem *io, u32 __user *to)
{
	u32 val;

	down_read(&vdev->memory_lock);
	val = ioread32(io);
	up_read(&vdev->memory_lock);
	return put_user(val, to);
}

static int acme_get_by_core(struct vfio_pci_core_device *vdev, void __iomem *io, u32 __user *to)
{
	int ret = vfio_pci_core_access_begin(vdev);
	u32 val;

	if (ret)
		return ret;
	val = ioread32(io);
	vfio_pci_core_access_end(vdev);
	return put_user(val, to);
}
