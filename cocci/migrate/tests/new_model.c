// SPDX-License-Identifier: GPL-2.0-only
// Already as it should be: left alone, although lists and VMAs are about.
// migrate: exit 4
#include <linux/vfio_pci_core.h>

struct npu_region {
	struct list_head list;
};

static void npu_zap(struct vfio_pci_core_device *vdev)
{
	struct npu_region *region;

	list_for_each_entry(region, &vdev->regions, list)
		unmap_mapping_range(vdev->vdev.inode->i_mapping, region->start, region->len, true);
}

static vm_fault_t npu_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, npu_pfn(vmf));
}

/* Speaks of zap_vma_ptes() without calling it, as remap_pfn_range() users do. */
static const struct vm_operations_struct npu_ops = {
	.fault = npu_fault,
};
