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
	acme->count = acme_version(acme);
	vfio_pci_core_finish_enable(&acme->core_device);
	return 0;
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	writel(0, acme->regs);
	vfio_pci_core_close_device(vdev);
}

static const struct vfio_device_ops acme_ops = {
	.open_device = acme_open_device,
	.close_device = acme_close_device,
	.vfio_pci_ops = 1,
};
