// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_irq_enable(struct vfio_pci_core_device *vdev, struct acme_irq *irq)
{
	unsigned long flags = irq->masked ? IRQF_NO_AUTOEN : 0;

	return request_irq(vdev->pdev->irq, acme_handler, flags, irq->name, irq);
}
