// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t used;
	u8 state[64];
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	spinlock_t reset_lock;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void *map;
	u32 table[8];
};

/* the administrator binds, no user */
static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pci_err(pdev, "no firmware\n");
	return -ENODEV;
}

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.probe = acme_probe,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
