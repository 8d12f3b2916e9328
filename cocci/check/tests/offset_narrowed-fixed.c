// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_check(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	u64 len = vma->vm_end - vma->vm_start;
	resource_size_t size;

	size = pci_resource_len(vdev->pdev, 2);
	return len > size ? -EINVAL : 0;
}

static int acme_register(struct acme_device *acme, loff_t *ppos)
{
	loff_t off = *ppos & VFIO_PCI_OFFSET_MASK;

	return off < ACME_SIZE ? acme->regs[off] : -EINVAL;
}
