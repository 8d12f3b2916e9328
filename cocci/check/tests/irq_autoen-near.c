// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* what was requested before is disabled first */
static int acme_irq_change(struct vfio_pci_core_device *vdev, struct acme_irq *irq)
{
	disable_irq(vdev->pdev->irq);
	free_irq(vdev->pdev->irq, irq);
	return request_irq(vdev->pdev->irq, acme_handler, 0, irq->name, irq);
}
