// SPDX-License-Identifier: GPL-2.0-only
/* A branch of mmap maps doorbells write-combining. */
// migrate: options --as inode
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define SANDERLING_PAGE_MASK 0xffff
#define SANDERLING_PAGES 16
#define SANDERLING_DOORBELLS 8

struct sanderling_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct sanderling {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

int sanderling_reset_hardware(struct sanderling *sanderling);

static void sanderling_zap(struct sanderling *sanderling)
{
	struct sanderling_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&sanderling->maps_lock);
		list_for_each_entry_safe(map, next, &sanderling->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&sanderling->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&sanderling->maps_lock);
		list_for_each_entry_safe(map, next, &sanderling->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&sanderling->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int sanderling_reset(struct sanderling *sanderling)
{
	sanderling_zap(sanderling);
	return sanderling_reset_hardware(sanderling);
}

static void sanderling_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void sanderling_vma_close(struct vm_area_struct *vma)
{
	struct sanderling *sanderling = vma->vm_private_data;
	struct sanderling_mapping *map;

	mutex_lock(&sanderling->maps_lock);
	list_for_each_entry(map, &sanderling->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&sanderling->maps_lock);
}

static vm_fault_t sanderling_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct sanderling *sanderling = vma->vm_private_data;
	struct sanderling_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&sanderling->maps_lock);
	list_for_each_entry(map, &sanderling->maps_list, node)
		if (map->vma == vma)
			goto unlock;
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot)) {
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}
	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map) {
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		ret = VM_FAULT_OOM;
		goto unlock;
	}
	map->vma = vma;
	list_add(&map->node, &sanderling->maps_list);
unlock:
	mutex_unlock(&sanderling->maps_lock);
	return ret;
}

static const struct vm_operations_struct sanderling_vm_ops = {
	.open = sanderling_vma_open,
	.close = sanderling_vma_close,
	.fault = sanderling_vma_fault,
};

int sanderling_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct sanderling *sanderling = container_of(vdev, struct sanderling, vdev);
	unsigned long page = vma->vm_pgoff & SANDERLING_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > SANDERLING_PAGES)
		return -EINVAL;

	vma->vm_private_data = sanderling;
	if (page >= SANDERLING_DOORBELLS)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (sanderling->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &sanderling_vm_ops;
	return 0;
}

void sanderling_init(struct sanderling *sanderling)
{
	mutex_init(&sanderling->maps_lock);
	INIT_LIST_HEAD(&sanderling->maps_list);
}
