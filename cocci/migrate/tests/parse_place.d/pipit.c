// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include "pipit.h"

struct pipit_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct pipit {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

static void pipit_zap(struct pipit *pipit)
{
	struct pipit_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&pipit->maps_lock);
		list_for_each_entry_safe(map, next, &pipit->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&pipit->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&pipit->maps_lock);
		list_for_each_entry_safe(map, next, &pipit->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, PAGE_SIZE);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&pipit->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int pipit_reset(struct pipit *pipit)
{
	pipit_zap(pipit);
	return pipit_reset_hardware(pipit);
}

static void pipit_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void pipit_vma_close(struct vm_area_struct *vma)
{
	struct pipit *pipit = vma->vm_private_data;
	struct pipit_mapping *map;

	mutex_lock(&pipit->maps_lock);
	list_for_each_entry(map, &pipit->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&pipit->maps_lock);
}

static vm_fault_t pipit_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct pipit *pipit = vma->vm_private_data;
	struct pipit_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&pipit->maps_lock);
	list_for_each_entry(map, &pipit->maps_list, node)
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
	list_add(&map->node, &pipit->maps_list);
unlock:
	mutex_unlock(&pipit->maps_lock);
	return ret;
}

static const struct vm_operations_struct pipit_vm_ops = {
	.open = pipit_vma_open,
	.close = pipit_vma_close,
	.fault = pipit_vma_fault,
};

int pipit_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct pipit *pipit = container_of(vdev, struct pipit, vdev);
	unsigned long page = vma->vm_pgoff & PIPIT_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > PIPIT_PAGES)
		return -EINVAL;

	vma->vm_private_data = pipit;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pipit->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &pipit_vm_ops;
	return 0;
}

void pipit_init(struct pipit *pipit)
{
	mutex_init(&pipit->maps_lock);
	INIT_LIST_HEAD(&pipit->maps_list);
}

#ifdef PIPIT_OLD
static int pipit_group(struct pipit *pipit, int n) {
#else
static int pipit_group(struct pipit *pipit) {
	int n = 1;
	if (n) {
#endif
	return n;
}
