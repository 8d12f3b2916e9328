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

static int acme_map(struct acme_device *acme)
{
	acme->map = ioremap(acme_base(acme), SZ_4K);
	return acme->map ? 0 : -ENOMEM;
}

static void acme_end(struct acme_device *acme)
{
	acme_mark(acme->out);
	fput(acme->out->filp);
	acme->out = NULL;
	iounmap(acme->map);
}

static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state to)
{
	struct file *res = acme_step(vdev, to);

	if (!res)
		return NULL;
	if (acme_is_late(vdev)) {
		fput(res);
		res = ERR_PTR(-EINVAL);
	}
	return res;
}
