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
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

/* Adds a capability to what the core says. */
static int acme_info(struct vfio_device *vdev, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	int ret = vfio_pci_ioctl_get_region_info(vdev, info, caps);

	if (!ret && info->index == VFIO_PCI_BAR2_REGION_INDEX)
		ret = acme_add_sparse(info, caps);
	return ret;
}

static const struct vfio_device_ops acme_ops = {
	.name = KBUILD_MODNAME,
	.get_region_info_caps = acme_info,
	.read = vfio_pci_core_read,
	.mmap = vfio_pci_core_mmap,
	.vfio_pci_ops = 1,
};
