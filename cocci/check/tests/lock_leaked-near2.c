// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct acme_client client;
};

/* one callback takes access away, the next one gives it back */
static void acme_parent_prepare(struct acme_client *client)
{
	struct acme_device *acme = container_of(client, struct acme_device, client);

	vfio_pci_core_access_revoke(&acme->core_device);
}

static void acme_parent_done(struct acme_client *client)
{
	struct acme_device *acme = container_of(client, struct acme_device, client);

	vfio_pci_core_access_restore(&acme->core_device);
}

static const struct acme_client_ops acme_client_ops = {
	.prepare = acme_parent_prepare,
	.done = acme_parent_done,
};
