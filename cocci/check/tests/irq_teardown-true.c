// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static void acme_irq_disable(struct acme_irq *irq)
{
	eventfd_ctx_put(irq->trigger); // finds VPS-IRQ-01
	free_irq(irq->nr, irq);
	irq_bypass_unregister_producer(&irq->producer); // finds VPS-IRQ-01
}
