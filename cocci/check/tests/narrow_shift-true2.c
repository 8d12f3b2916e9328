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

#define ACME_HIGH 32

struct acme_regs {
	u32 dw[4];
	u64 addr;
};

static void acme_address(struct acme_regs *regs)
{
	regs->addr = regs->dw[1] << ACME_HIGH | regs->dw[0]; // finds VPS-INPUT-08
}
