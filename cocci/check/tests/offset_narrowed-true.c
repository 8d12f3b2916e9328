// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_check(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	unsigned int len = vma->vm_end - vma->vm_start; // finds VPS-INPUT-01
	u32 size;

	size = pci_resource_len(vdev->pdev, 2); // finds VPS-INPUT-01
	return len > size ? -EINVAL : 0;
}

static int acme_register(struct acme_device *acme, loff_t *ppos)
{
	int off = *ppos & VFIO_PCI_OFFSET_MASK; // finds VPS-INPUT-01

	return off < ACME_SIZE ? acme->regs[off] : -EINVAL;
}
