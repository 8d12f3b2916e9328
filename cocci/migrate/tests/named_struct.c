// SPDX-License-Identifier: GPL-2.0-only
/* The list and its lock are in a struct that has a name. */
// migrate: options --as inode
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define KNOT_PAGE_MASK 0xffff
#define KNOT_PAGES 16

struct knot_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct knot_tracked {
	struct mutex maps_lock;
	struct list_head maps_list;
	unsigned int resets;
};

struct knot {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct knot_tracked tracked;
};

int knot_reset_hardware(struct knot *knot);

static void knot_zap(struct knot *knot)
{
	struct knot_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&knot->tracked.maps_lock);
		list_for_each_entry_safe(map, next, &knot->tracked.maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&knot->tracked.maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&knot->tracked.maps_lock);
		list_for_each_entry_safe(map, next, &knot->tracked.maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&knot->tracked.maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int knot_reset(struct knot *knot)
{
	knot_zap(knot);
	return knot_reset_hardware(knot);
}

static void knot_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void knot_vma_close(struct vm_area_struct *vma)
{
	struct knot *knot = vma->vm_private_data;
	struct knot_mapping *map;

	mutex_lock(&knot->tracked.maps_lock);
	list_for_each_entry(map, &knot->tracked.maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&knot->tracked.maps_lock);
}

static vm_fault_t knot_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct knot *knot = vma->vm_private_data;
	struct knot_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&knot->tracked.maps_lock);
	list_for_each_entry(map, &knot->tracked.maps_list, node)
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
	list_add(&map->node, &knot->tracked.maps_list);
unlock:
	mutex_unlock(&knot->tracked.maps_lock);
	return ret;
}

static const struct vm_operations_struct knot_vm_ops = {
	.open = knot_vma_open,
	.close = knot_vma_close,
	.fault = knot_vma_fault,
};

int knot_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct knot *knot = container_of(vdev, struct knot, vdev);
	unsigned long page = vma->vm_pgoff & KNOT_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > KNOT_PAGES)
		return -EINVAL;

	vma->vm_private_data = knot;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (knot->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &knot_vm_ops;
	return 0;
}

void knot_init(struct knot *knot)
{
	mutex_init(&knot->tracked.maps_lock);
	INIT_LIST_HEAD(&knot->tracked.maps_list);
}
