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

static void acme_end(struct acme_device *acme)
{
	if (acme->out)
		fput(acme->out->filp); // finds VPS-ERR-02
}

static void acme_close_device(struct vfio_device *vdev)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	acme_end(acme);
	vfio_pci_core_close_device(vdev);
}
