// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	phys_addr_t window;
};

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;
	unsigned long pgoff = vmf->pgoff & (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT);
	vm_fault_t ret;

	down_read(&acme->core_device.memory_lock);
	ret = vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, PHYS_PFN(acme->window) + pgoff, 0);
	up_read(&acme->core_device.memory_lock);
	return ret;
}
