// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

/* a trigger of before, put before the interrupt is there */
static int acme_irq_change(struct acme_irq *irq, struct eventfd_ctx *trigger)
{
	int ret;

	if (irq->old)
		eventfd_ctx_put(irq->old);
	ret = request_irq(irq->nr, acme_handler, 0, "acme", irq);
	if (ret)
		return ret;
	if (!acme_wants(irq)) {
		free_irq(irq->nr, irq);
		eventfd_ctx_put(trigger);
	}
	return 0;
}
