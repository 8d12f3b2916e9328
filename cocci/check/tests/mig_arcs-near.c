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

/* Arcs in a switch and in a table, which are not counted; flags that come bit by bit. */
static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state next)
{
	struct acme_device *acme = container_of(vdev, struct acme_device, core_device.vdev);

	guard(mutex)(&acme->state_mutex);
	switch (acme->state) {
	case VFIO_DEVICE_STATE_STOP:
		return next == VFIO_DEVICE_STATE_STOP_COPY ? acme_save(acme) : acme_load(acme);
	case VFIO_DEVICE_STATE_RUNNING:
		return acme_stop(acme);
	default:
		return ERR_PTR(-EINVAL);
	}
}

static void acme_set_up(struct acme_device *acme, bool peer)
{
	u64 flags = VFIO_MIGRATION_STOP_COPY;

	if (peer)
		flags |= VFIO_MIGRATION_P2P;
	acme->core_device.vdev.migration_flags = flags;
}
