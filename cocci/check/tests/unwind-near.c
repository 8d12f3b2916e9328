// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* undone where it was done */
static int acme_start(struct vfio_pci_core_device *vdev)
{
	int ret = 0;

	if (!vdev->disable_idle_d3) {
		ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
		if (ret)
			return ret;
	}
	ret = acme_kick(vdev);
	if (ret && !vdev->disable_idle_d3)
		pm_runtime_put(&vdev->pdev->dev);
	return ret;
}
