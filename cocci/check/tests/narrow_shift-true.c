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

static u64 acme_address(struct acme_device *acme)
{
	u32 high = acme->table[0];
	u64 address = high << 32; // finds VPS-INPUT-08

	return address | acme->table[1];
}

static u64 acme_room(struct acme_device *acme, u8 order)
{
	u32 size = acme->table[2];
	u64 room = 1 << order; // finds VPS-INPUT-08
	u64 ring = 0;

	if (room)
		ring = 4 * size; // finds VPS-INPUT-08
	return room + ring;
}
