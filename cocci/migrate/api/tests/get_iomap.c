// SPDX-License-Identifier: GPL-2.0-only
static int acme_ring(struct acme *acme)
{
	void __iomem *io;
	int ret;

	ret = vfio_pci_core_setup_barmap(&acme->core, 0);
	if (ret)
		return ret;

	io = acme->core.barmap[0];
	iowrite32(1, io + ACME_DOORBELL);
	return 0;
}

static int acme_reset(struct vfio_pci_core_device *vdev)
{
	void __iomem *io;
	int ret;

	ret = vfio_pci_core_setup_barmap(vdev, ACME_BAR);
	if (ret)
		return ret;
	io = vdev->barmap[ACME_BAR];
	iowrite32(1, io + ACME_RESET);

	return vfio_pci_core_setup_barmap(vdev, 2);
}

static int acme_poll(struct vfio_pci_core_device *vdev)
{
	void __iomem *io;
	int err, n = 3;

	err = vfio_pci_core_setup_barmap(vdev, 0);
	if (err)
		return err;
	io = vdev->barmap[0];
	while (n--)
		ioread32(io);
	return 0;
}
