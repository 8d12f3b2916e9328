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

static u32 acme_bits(struct acme_device *acme, u8 order)
{
	u64 wide = acme->table[0];
	u32 bit = 1 << order;
	u64 page = 1 << PAGE_SHIFT;
	u64 high = wide << 32;

	return bit + page + high;
}
