// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

// For the kernel, whose core has no accessors.

#define ACME_PAGE 4

struct acme_device {
	struct vfio_pci_core_device core_device;
	bool granted;
};

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	struct acme_device *acme = to_acme(vdev);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (vmf->pgoff != ACME_PAGE)
		return vfio_pci_core_fault(vmf);

	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	if (acme->granted)
		ret = vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(acme), 0);
	vfio_pci_core_access_end(vdev);
	return ret;
}

static const struct vm_operations_struct acme_vm_ops = {
	.fault = acme_fault,
};

static int acme_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret && vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) == 0)
		vma->vm_ops = &acme_vm_ops;
	return ret;
}
