// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	u32 state;
};

/* one CPU's number, which is given back at once */
static void acme_on_this_cpu(struct acme_device *acme)
{
	acme->state = get_cpu();
	put_cpu();
	mutex_lock(&acme->state_mutex);
	mutex_unlock(&acme->state_mutex);
}
