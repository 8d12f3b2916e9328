// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static void acme_settle(struct acme_device *acme)
{
	while (!acme_is_ready(acme))
		msleep(100);
}

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct acme_device *acme = vmf->vma->vm_private_data;

	guard(rwsem_read)(&acme->core_device.memory_lock);
	acme_settle(acme); // finds VPS-RST-06
	return vfio_pci_vmf_insert_pfn(&acme->core_device, vmf, acme_pfn(acme), 0);
}

static int acme_wait_by_core(struct acme_device *acme)
{
	int ret = vfio_pci_core_access_begin(&acme->core_device);

	if (ret)
		return ret;
	msleep(100); // finds VPS-RST-06
	vfio_pci_core_access_end(&acme->core_device);
	return 0;
}
