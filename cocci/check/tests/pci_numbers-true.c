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

#define ACME_COMMAND 0x04

static int acme_master(struct pci_dev *pdev)
{
	u16 cmd;

	return pci_read_config_word(pdev, ACME_COMMAND, &cmd); // finds VPS-LIFE-15
}

static int acme_index(struct vm_area_struct *vma)
{
	return vma->vm_pgoff >> (40 - PAGE_SHIFT); // finds VPS-LIFE-15
}

static const struct pci_device_id acme_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x15b3, 0x0001) }, // finds VPS-LIFE-15
	{}
};
