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

static int acme_copy_out(struct acme_device *acme, char __user *to, size_t bytes)
{
	u8 regs[64];

	memset(regs, 0, sizeof(regs));
	return copy_to_user(to, regs, bytes) ? -EFAULT : 0; // finds VPS-INPUT-03
}

static ssize_t acme_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	return acme_copy_out(acme, buf, count);
}

static ssize_t acme_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	u64 offset = *ppos & VFIO_PCI_OFFSET_MASK;

	count = min_t(size_t, count, 64 - offset); // finds VPS-INPUT-03
	return count;
}
