// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static void acme_irq_disable(struct acme_irq *irq)
{
	irq_bypass_unregister_producer(&irq->producer);
	free_irq(irq->nr, irq);
	eventfd_ctx_put(irq->trigger);
}
