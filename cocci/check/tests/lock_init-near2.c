// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

/* Initialised by whoever makes it, under another name. */
static void acme_lock_init(struct mutex *lock)
{
	mutex_init(lock);
}

static void acme_forget(struct acme_file *file)
{
	mutex_lock(&file->lock);
	file->dead = true;
	mutex_unlock(&file->lock);
}

static void acme_make(struct acme_file *file)
{
	acme_lock_init(&file->lock);
}

static struct acme_file *acme_new(void)
{
	struct acme_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);

	if (file)
		acme_make(file);
	return file;
}
