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

static int acme_release_file(struct inode *inode, struct file *filp)
{
	struct acme_file *f = filp->private_data;

	kfree(f);
	return 0;
}

static struct acme_file *acme_new(struct acme_device *acme)
{
	struct acme_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->filp = anon_inode_getfile("acme", acme_fops(), f, O_RDONLY);
	if (IS_ERR(f->filp)) {
		ret = PTR_ERR(f->filp);
		kfree(f);
		return ERR_PTR(ret);
	}
	stream_open(f->filp->f_inode, f->filp);
	ret = acme_prepare(acme);
	if (ret) {
		fput(f->filp);
		return ERR_PTR(ret);
	}
	return f;
}

static const struct file_operations acme_file_ops = { .release = acme_release_file };
