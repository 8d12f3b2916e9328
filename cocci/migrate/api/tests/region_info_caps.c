// SPDX-License-Identifier: GPL-2.0-only
static long acme_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == VFIO_DEVICE_GET_REGION_INFO)
		return acme_region_info(vdev, arg);

	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

static const struct vfio_device_ops acme_ops = {
	.name = "acme-vfio-pci",
	.ioctl = acme_ioctl,
};
