// SPDX-License-Identifier: GPL-2.0-only
/* A comment explains vm_flags, and says something else as well. */
// migrate: options --as inode
// migrate: exit 0
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define DUNLIN_PAGE_MASK 0xffff
#define DUNLIN_PAGES 16

struct dunlin_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct dunlin {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
	bool quiet;
};

int dunlin_reset_hardware(struct dunlin *dunlin);

static void dunlin_zap(struct dunlin *dunlin)
{
	struct dunlin_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&dunlin->maps_lock);
		list_for_each_entry_safe(map, next, &dunlin->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&dunlin->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&dunlin->maps_lock);
		list_for_each_entry_safe(map, next, &dunlin->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&dunlin->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
	/*
	 * Nothing is in maps_list now.
	 *
	 * Doorbells that were rung before are in the queue.
	 */
	dunlin->quiet = true;
}

int dunlin_reset(struct dunlin *dunlin)
{
	dunlin_zap(dunlin);
	return dunlin_reset_hardware(dunlin);
}

static void dunlin_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void dunlin_vma_close(struct vm_area_struct *vma)
{
	struct dunlin *dunlin = vma->vm_private_data;
	struct dunlin_mapping *map;

	mutex_lock(&dunlin->maps_lock);
	list_for_each_entry(map, &dunlin->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&dunlin->maps_lock);
}

static vm_fault_t dunlin_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dunlin *dunlin = vma->vm_private_data;
	struct dunlin_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&dunlin->maps_lock);
	list_for_each_entry(map, &dunlin->maps_list, node)
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
	list_add(&map->node, &dunlin->maps_list);
unlock:
	mutex_unlock(&dunlin->maps_lock);
	return ret;
}

static const struct vm_operations_struct dunlin_vm_ops = {
	.open = dunlin_vma_open,
	.close = dunlin_vma_close,
	.fault = dunlin_vma_fault,
};

int dunlin_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct dunlin *dunlin = container_of(vdev, struct dunlin, vdev);
	unsigned long page = vma->vm_pgoff & DUNLIN_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > DUNLIN_PAGES)
		return -EINVAL;

	vma->vm_private_data = dunlin;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (dunlin->bar >> PAGE_SHIFT) + page;
	/*
	 * remap_pfn_range() must find these set.
	 *
	 * Without VM_IO the hypervisor maps the doorbells cacheable, and they are lost.
	 */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &dunlin_vm_ops;
	return 0;
}

void dunlin_init(struct dunlin *dunlin)
{
	mutex_init(&dunlin->maps_lock);
	INIT_LIST_HEAD(&dunlin->maps_list);
}
