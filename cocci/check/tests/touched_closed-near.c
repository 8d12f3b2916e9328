// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	void __iomem *regs;
	u32 count;
};

/* debugfs, which asks whether the device is open; probe, which enables the device for as long as it looks. */

static u32 acme_version(struct acme_device *acme)
{
	return readl(acme->regs);
}

static int acme_open_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);
	int ret;

	ret = vfio_pci_core_enable(&acme->core_device);
	if (ret)
		return ret;
	acme->count = 1;
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	acme->count = 0;
	vfio_pci_core_close_device(vdev);
}

static const struct vfio_device_ops acme_ops = {
	.open_device = acme_open_device,
	.close_device = acme_close_device,
	.vfio_pci_ops = 1,
};

static int acme_show(struct seq_file *seq, void *unused)
{
	struct acme_device *acme = seq->private;

	guard(mutex)(&acme->state_mutex);
	if (acme->count)
		seq_printf(seq, "%u\n", acme_version(acme));
	return 0;
}

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	void __iomem *io;
	u32 version;
	int ret;

	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	io = pci_iomap(pdev, 0, 0);
	if (!io) {
		pci_disable_device(pdev);
		return -ENOMEM;
	}
	version = ioread32(io);
	pci_iounmap(pdev, io);
	pci_disable_device(pdev);
	debugfs_create_devm_seqfile(&pdev->dev, "version", NULL, acme_show);
	return version ? 0 : -ENODEV;
}

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.probe = acme_probe,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
