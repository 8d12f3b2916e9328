// SPDX-License-Identifier: GPL-2.0-only
/* A fork that was migrated by half: one reset zaps by the new model, the list is still there. */
// migrate: options --as inode
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define WHIMBREL_PAGE_MASK 0xffff
#define WHIMBREL_PAGES 16

struct whimbrel_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct whimbrel {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

int whimbrel_reset_hardware(struct whimbrel *whimbrel);
void whimbrel_power_off_hardware(struct whimbrel *whimbrel);

static void whimbrel_zap(struct whimbrel *whimbrel)
{
	struct whimbrel_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&whimbrel->maps_lock);
		list_for_each_entry_safe(map, next, &whimbrel->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&whimbrel->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&whimbrel->maps_lock);
		list_for_each_entry_safe(map, next, &whimbrel->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&whimbrel->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

void whimbrel_power_off(struct whimbrel *whimbrel)
{
	unmap_mapping_range(whimbrel->vdev.inode->i_mapping, 0, 0, true);
	whimbrel_power_off_hardware(whimbrel);
}

int whimbrel_reset(struct whimbrel *whimbrel)
{
	whimbrel_zap(whimbrel);
	return whimbrel_reset_hardware(whimbrel);
}

static void whimbrel_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void whimbrel_vma_close(struct vm_area_struct *vma)
{
	struct whimbrel *whimbrel = vma->vm_private_data;
	struct whimbrel_mapping *map;

	mutex_lock(&whimbrel->maps_lock);
	list_for_each_entry(map, &whimbrel->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&whimbrel->maps_lock);
}

static vm_fault_t whimbrel_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct whimbrel *whimbrel = vma->vm_private_data;
	struct whimbrel_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&whimbrel->maps_lock);
	list_for_each_entry(map, &whimbrel->maps_list, node)
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
	list_add(&map->node, &whimbrel->maps_list);
unlock:
	mutex_unlock(&whimbrel->maps_lock);
	return ret;
}

static const struct vm_operations_struct whimbrel_vm_ops = {
	.open = whimbrel_vma_open,
	.close = whimbrel_vma_close,
	.fault = whimbrel_vma_fault,
};

int whimbrel_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct whimbrel *whimbrel = container_of(vdev, struct whimbrel, vdev);
	unsigned long page = vma->vm_pgoff & WHIMBREL_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > WHIMBREL_PAGES)
		return -EINVAL;

	vma->vm_private_data = whimbrel;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (whimbrel->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &whimbrel_vm_ops;
	return 0;
}

void whimbrel_init(struct whimbrel *whimbrel)
{
	mutex_init(&whimbrel->maps_lock);
	INIT_LIST_HEAD(&whimbrel->maps_list);
}
