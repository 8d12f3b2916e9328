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

/* A register of the device's own behind the standard header; a vendor that the kernel has no name for. */
#define ACME_STATE 0x98
#define ACME_SHIFT 12

static int acme_state(struct pci_dev *pdev, u32 *state, u64 pos)
{
	return pci_read_config_dword(pdev, ACME_STATE, state) + (pos >> ACME_SHIFT);
}

static const struct pci_device_id acme_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0xacce, 0x0001) },
	{}
};
