// SPDX-License-Identifier: GPL-2.0-only
static const struct vfio_device_ops acme_ops = {
	.name = "acme-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.match = vfio_pci_core_match,
};

static const struct vfio_device_ops not_pci_ops = {
	.name = "vfio-other",
	.init = other_init,
};

static const struct vfio_device_ops acme_6_12_ops = {
	.name = "acme-vfio-pci",
	.match = vfio_pci_core_match,
	.match_token_uuid = vfio_pci_core_match_token_uuid,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static const struct vfio_device_ops core_answers_ops = {
	.name = "acme-core",
	.ioctl = vfio_pci_core_ioctl,
};

static long passes_on_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == ACME_STATUS)
		return acme_status(vdev, arg);
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

static const struct vfio_device_ops passes_on_ops = {
	.name = "acme-passes-on",
	.ioctl = passes_on_ioctl,
};

static long answers_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == VFIO_DEVICE_GET_REGION_INFO)
		return acme_region_info(vdev, arg);
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

static const struct vfio_device_ops answers_ops = {
	.name = "acme-answers",
	.ioctl = answers_ioctl,
};
