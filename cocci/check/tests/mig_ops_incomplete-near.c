// SPDX-License-Identifier: GPL-2.0-only
// review: without migration_get_data_size
#include <linux/vfio_pci_core.h>

/* all that this kernel asks for; what the flags are, another function knows */
static const struct vfio_migration_ops acme_mig_ops = {
	.migration_set_state = acme_set_state,
	.migration_get_state = acme_get_state,
};

static void acme_set_migratable(struct vfio_pci_core_device *vdev)
{
	struct vfio_device *core_vdev = &vdev->vdev;

	core_vdev->migration_flags = acme_migration_flags(vdev);
	core_vdev->migration_flags |= VFIO_MIGRATION_P2P;
	acme_set_ops(core_vdev, &acme_mig_ops);
}
