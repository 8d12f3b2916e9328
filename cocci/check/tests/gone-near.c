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

static void acme_drop(struct acme_device *acme)
{
	kfree(acme->map);
	acme->map = NULL;
	kfree(acme->map);
}

/* one of several */
static void acme_drop_all(struct acme_device *acme, void **maps, int n)
{
	while (n--) {
		void *map = maps[n];

		kfree(map);
	}
}
