// SPDX-License-Identifier: GPL-2.0-only
/* What a variant driver for 6.12 has that 7.x does not. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pfn_t.h>
#include <linux/vfio_pci_core.h>

int suet_ring(struct vfio_pci_core_device *vdev, u32 bell);
vm_fault_t suet_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order);
extern const struct vfio_device_ops suet_ops;

int suet_ring(struct vfio_pci_core_device *vdev, u32 bell)
{
	void __iomem *io;
	int ret;

	ret = vfio_pci_core_setup_barmap(vdev, 0);
	if (ret)
		return ret;

	io = vdev->barmap[0];
	iowrite32(bell, io + 0x40);
	return 0;
}

vm_fault_t suet_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order)
{
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), false);
	return VM_FAULT_FALLBACK;
}

const struct vfio_device_ops suet_ops = {
	.name = "suet-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.match = vfio_pci_core_match,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

MODULE_IMPORT_NS(DMA_BUF);
MODULE_DESCRIPTION("Parts of a variant driver for 6.12");
MODULE_LICENSE("GPL");
