// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static ssize_t acme_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			 loff_t *ppos)
{
	struct acme_device *acme = to_acme(core_vdev);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;

	if (copy_to_user(buf, acme->window + pos, count)) // finds VPS-INPUT-03
		return -EFAULT;
	*ppos += count;
	return count;
}

static ssize_t acme_region_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			      loff_t *ppos, bool iswrite)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device);

	if (!iswrite)
		return -EINVAL;
	if (copy_from_user(acme->command, buf, count)) // finds VPS-INPUT-03
		return -EFAULT;
	return count;
}
