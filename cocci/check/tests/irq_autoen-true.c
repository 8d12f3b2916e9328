// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_irq_enable(struct vfio_pci_core_device *vdev, struct acme_irq *irq)
{
	int ret = request_irq(vdev->pdev->irq, acme_handler, 0, irq->name, irq); // finds VPS-IRQ-02

	if (ret)
		return ret;
	if (irq->masked)
		disable_irq_nosync(vdev->pdev->irq);
	return 0;
}
