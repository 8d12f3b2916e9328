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

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme = acme_alloc(pdev);

	int ret;

	acme->core_device.vdev.migration_flags = VFIO_MIGRATION_STOP_COPY;
	ret = vfio_pci_core_register_device(&acme->core_device);
	if (ret)
		vfio_put_device(&acme->core_device.vdev);
	return ret;
}
