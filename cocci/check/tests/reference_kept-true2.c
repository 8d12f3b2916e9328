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

struct acme_work {
	struct work_struct work;
	struct file *filp;
	bool dead;
};

static void acme_worker(struct work_struct *work)
{
	struct acme_work *item = container_of(work, struct acme_work, work);

	if (item->dead)
		return; // finds VPS-ERR-11
	fput(item->filp);
}

static void acme_queue(struct acme_work *item)
{
	INIT_WORK(&item->work, acme_worker);
	get_file(item->filp);
	schedule_work(&item->work);
	cancel_work_sync(&item->work);
}
