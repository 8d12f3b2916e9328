// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	while (!acme_is_ready(acme))
		msleep(100);
	guard(rwsem_read)(&acme->core_device.memory_lock);
	if (!acme_is_ready(acme))
		return VM_FAULT_NOPAGE;
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme_pfn(acme), 0);
}

static int acme_wait_by_core(struct acme_device *acme)
{
	int ret;

	msleep(100);
	ret = vfio_pci_core_access_begin(&acme->core_device);
	if (ret)
		return ret;
	acme_poke(acme);
	vfio_pci_core_access_end(&acme->core_device);
	return 0;
}
