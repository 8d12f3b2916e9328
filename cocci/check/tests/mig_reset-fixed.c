// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_set_migratable(struct vfio_pci_core_device *vdev)
{
	vdev->vdev.migration_flags = acme_migration_flags(vdev);
	vdev->vdev.mig_ops = &acme_mig_ops;
}

static const struct pci_error_handlers acme_err_handlers = {
	.reset_done = acme_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.id_table = acme_table,
	.probe = acme_probe,
	.remove = acme_remove,
	.err_handler = &acme_err_handlers,
	.driver_managed_dma = true,
};
