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

static int acme_info(struct vfio_device *vdev, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	if (info->index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_ioctl_get_region_info(vdev, info, caps);
	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = SZ_4K;
	info->flags = VFIO_REGION_INFO_FLAG_READ;
	return 0;
}

static const struct vfio_device_ops acme_ops = {
	.name = KBUILD_MODNAME,
	.get_region_info_caps = acme_info,
	.read = acme_read,
	.mmap = vfio_pci_core_mmap,
	.vfio_pci_ops = 1,
};
