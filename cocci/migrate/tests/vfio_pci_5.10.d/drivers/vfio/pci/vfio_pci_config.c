// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio.h>
#include "vfio_pci_private.h"

/* What user space writes to the COMMAND register */
int vfio_pci_write_command(struct vfio_pci_device *vdev, u16 wanted)
{
	int err;
	u16 now;

	pci_read_config_word(vdev->pdev, PCI_COMMAND, &now);
	if ((now & PCI_COMMAND_MEMORY) && !(wanted & PCI_COMMAND_MEMORY))
		vfio_pci_zap_and_down_write_memory_lock(vdev);
	else
		down_write(&vdev->memory_lock);

	err = pci_write_config_word(vdev->pdev, PCI_COMMAND, wanted);
	up_write(&vdev->memory_lock);
	return err;
}
