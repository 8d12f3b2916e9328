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

static int acme_start(struct acme_device *acme)
{
	char *name = kasprintf(GFP_KERNEL_ACCOUNT, "acme");
	void *ctx;

	if (!name)
		return -ENOMEM;
	ctx = acme_context(acme);
	if (!ctx)
		return -ENOMEM; // finds VPS-ERR-01
	acme_keep(acme, name, ctx);
	return 0;
}

static int acme_signal(struct acme_device *acme, int fd)
{
	struct eventfd_ctx *trigger = eventfd_ctx_fdget(fd);

	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	if (acme->state == VFIO_DEVICE_STATE_ERROR)
		return -EIO; // finds VPS-ERR-01
	eventfd_ctx_put(trigger);
	return 0;
}

static struct file *acme_open_stream(struct acme_device *acme)
{
	struct acme_file *stream = kzalloc(sizeof(*stream), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!stream)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("acme", &acme_stream_fops, stream, O_RDONLY);
	if (IS_ERR(file))
		return file; // finds VPS-ERR-01
	stream_open(file_inode(file), file);
	return file;
}
