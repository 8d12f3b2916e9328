// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static const struct vfio_migration_ops acme_mig_ops = {
	.migration_set_state = acme_set_state,
	.migration_get_state = acme_get_state,
	.migration_get_data_size = acme_get_data_size,
};

static const struct vfio_log_ops acme_log_ops = {
	.log_start = acme_log_start,
	.log_stop = acme_log_stop,
	.log_read_and_clear = acme_log_read,
};

static void acme_set_migratable(struct vfio_pci_core_device *vdev)
{
	struct vfio_device *core_vdev = &vdev->vdev;

	core_vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;
	acme_set_ops(core_vdev, &acme_mig_ops, &acme_log_ops);
}
