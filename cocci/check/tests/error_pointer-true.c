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

static int acme_start(struct acme_device *acme, struct acme_file *f)
{
	struct file *filp = anon_inode_getfile("acme", acme_fops(), f, O_RDONLY);

	if (!filp) // finds VPS-ERR-04
		return -ENOMEM;
	stream_open(filp->f_inode, filp);
	f->filp = filp;
	return 0;
}

static void acme_free(struct acme_file *f)
{
	kfree(f);
}

static int acme_next(struct acme_device *acme)
{
	struct acme_file *f = acme_new(acme);
	int ret = 0;

	if (IS_ERR(f)) {
		ret = PTR_ERR(f);
		goto err;
	}
	acme->out = f;
	return 0;
err:
	acme_free(f); // finds VPS-ERR-04
	return ret;
}
