// SPDX-License-Identifier: GPL-2.0-only
/* Device-specific regions: a variant driver adds them after the standard regions. */
#include <linux/export.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "vfio_pci_priv.h"

/* Returns NULL if @index is not a device-specific region. */
static struct vfio_pci_region *region_find(struct vfio_pci_core_device *vdev, unsigned int index)
{
	unsigned int nr = index - VFIO_PCI_NUM_REGIONS;

	if (index < VFIO_PCI_NUM_REGIONS || nr >= vdev->num_regions)
		return NULL;
	return &vdev->region[array_index_nospec(nr, vdev->num_regions)];
}

/* An external reset walks the regions and may run concurrently with open and close. */
static void region_replace_all(struct vfio_pci_core_device *vdev, struct vfio_pci_region *regions,
			       int nr)
{
	vfio_pci_core_access_lock(vdev);
	vdev->region = regions;
	vdev->num_regions = nr;
	vfio_pci_core_access_unlock(vdev);
}

/**
 * vfio_pci_core_register_dev_region - add a region to a device
 * @vdev: the device, being opened: between vfio_pci_core_enable() and the end of open_device
 * @type: VFIO_REGION_TYPE_*, or VFIO_REGION_TYPE_PCI_VENDOR_TYPE with the vendor's id
 * @subtype: meaning depends on @type
 * @ops: callbacks; rw and release must be there
 * @size: bytes
 * @flags: VFIO_REGION_INFO_FLAG_*; with _MMAP, @ops needs mmap
 * @data: for the callbacks; owned by the region until release
 *
 * The region gets the next free index, and is removed by vfio_pci_core_disable().  Pointers to
 * regions that were added before are no longer valid.
 *
 * Context: process; takes memory_lock; calls for one device must not overlap.
 * Return: 0; -ENOMEM, and the caller keeps @data.
 */
int vfio_pci_core_register_dev_region(struct vfio_pci_core_device *vdev, unsigned int type,
				      unsigned int subtype, const struct vfio_pci_regops *ops,
				      size_t size, u32 flags, void *data)
{
	struct vfio_pci_region *old = vdev->region, *regions;
	int nr = vdev->num_regions;

	regions = kmalloc_array(nr + 1, sizeof(*regions), GFP_KERNEL_ACCOUNT);
	if (!regions)
		return -ENOMEM;

	if (nr)
		memcpy(regions, old, array_size(nr, sizeof(*regions)));
	regions[nr] = (struct vfio_pci_region){
		.type = type, .subtype = subtype, .ops = ops,
		.size = size, .flags = flags, .data = data,
	};
	region_replace_all(vdev, regions, nr + 1);
	kfree(old);
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_register_dev_region);

/* At close, when no region can be in use. */
void vfio_pci_region_release_all(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_region *regions = vdev->region;
	int i, nr = vdev->num_regions;

	if (!regions)
		return;

	region_replace_all(vdev, NULL, 0);
	for (i = 0; i < nr; i++)
		regions[i].ops->release(vdev, &regions[i]);
	kfree(regions);
}

int vfio_pci_region_info(struct vfio_pci_core_device *vdev, struct vfio_region_info *info,
			 struct vfio_info_cap *caps)
{
	struct vfio_pci_region *region = region_find(vdev, info->index);
	struct vfio_region_info_cap_type cap = {
		.header = { .id = VFIO_REGION_INFO_CAP_TYPE, .version = 1 },
	};
	int ret;

	if (!region)
		return -EINVAL;

	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = region->size;
	info->flags = region->flags;

	cap.type = region->type;
	cap.subtype = region->subtype;
	ret = vfio_info_add_capability(caps, &cap.header, sizeof(cap));
	if (ret || !region->ops->add_capability)
		return ret;

	return region->ops->add_capability(vdev, region, caps);
}

ssize_t vfio_pci_region_rw(struct vfio_pci_core_device *vdev, unsigned int index, char __user *buf,
			   size_t count, loff_t *ppos, bool iswrite)
{
	struct vfio_pci_region *region = region_find(vdev, index);

	return region ? region->ops->rw(vdev, buf, count, ppos, iswrite) : -EINVAL;
}

int vfio_pci_region_mmap(struct vfio_pci_core_device *vdev, unsigned int index,
			 struct vm_area_struct *vma)
{
	struct vfio_pci_region *region = region_find(vdev, index);

	if (!region || !region->ops->mmap || !(region->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -EINVAL;

	return region->ops->mmap(vdev, region, vma);
}

void vfio_pci_region_zap_each(struct vfio_pci_core_device *vdev)
{
	unsigned int i;

	for (i = 0; i < vdev->num_regions; i++)
		if (vdev->region[i].ops->revocable)
			vfio_pci_core_zap_region(vdev, VFIO_PCI_NUM_REGIONS + i);
}

/**
 * vfio_pci_core_add_sparse_mmap - announce the mappable areas of a region
 * @caps: the capabilities of the region's info
 * @areas: the mappable areas; offsets in the region, page aligned
 * @nr_areas: number of areas
 *
 * For a driver's get_region_info_caps, or its regions' add_capability.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int vfio_pci_core_add_sparse_mmap(struct vfio_info_cap *caps,
				  const struct vfio_region_sparse_mmap_area *areas,
				  unsigned int nr_areas)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, nr_areas);
	int ret;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;

	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = nr_areas;
	memcpy(sparse->areas, areas, array_size(nr_areas, sizeof(*areas)));
	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_add_sparse_mmap);
