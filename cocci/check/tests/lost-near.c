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

/* kept by a function that is called */
static void acme_keep(struct acme_device *acme, void *map)
{
	acme->map = map;
}

static int acme_start(struct acme_device *acme)
{
	void *map = kzalloc(64, GFP_KERNEL_ACCOUNT);

	if (!map)
		return -ENOMEM;
	acme_keep(acme, map);
	return 0;
}

/* freed by itself */
static int acme_ask(struct acme_device *acme)
{
	void *scratch __free(kfree) = kzalloc(64, GFP_KERNEL);

	if (!scratch)
		return -ENOMEM;
	return acme_fill(acme->map, 64);
}

/* the error is known under another name */
static int acme_open_file(struct acme_device *acme, struct acme_file *f)
{
	struct file *filp = anon_inode_getfile("acme", acme_fops(), f, O_RDONLY);
	int ret = PTR_ERR_OR_ZERO(filp);

	if (ret)
		return ret;
	stream_open(filp->f_inode, filp);
	f->filp = filp;
	return 0;
}

/* with the file, which frees it */
static struct file *acme_open_stream(struct acme_device *acme)
{
	struct acme_file *stream = kzalloc(sizeof(*stream), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!stream)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("acme", &acme_stream_fops, stream, O_RDONLY);
	if (IS_ERR(file)) {
		kfree(stream);
		return file;
	}
	stream_open(file_inode(file), file);
	return file;
}
