// SPDX-License-Identifier: GPL-2.0-only
/* An mdev whose fault handler asks the parent driver where a page is. */
// migrate: options --as inode
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define PLOVER_PAGE_MASK 0xffff
#define PLOVER_PAGES 16

struct plover_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct plover_parent {
	int (*translate)(struct plover_parent *parent, unsigned long pgoff, u64 *where);
};

struct plover {
	struct plover_parent *parent;
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

int plover_reset_hardware(struct plover *plover);

static void plover_zap(struct plover *plover)
{
	struct plover_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&plover->maps_lock);
		list_for_each_entry_safe(map, next, &plover->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&plover->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&plover->maps_lock);
		list_for_each_entry_safe(map, next, &plover->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&plover->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int plover_reset(struct plover *plover)
{
	plover_zap(plover);
	return plover_reset_hardware(plover);
}

static void plover_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void plover_vma_close(struct vm_area_struct *vma)
{
	struct plover *plover = vma->vm_private_data;
	struct plover_mapping *map;

	mutex_lock(&plover->maps_lock);
	list_for_each_entry(map, &plover->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&plover->maps_lock);
}

static vm_fault_t plover_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct plover *plover = vma->vm_private_data;
	struct plover_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	u64 where;
	int err;

	mutex_lock(&plover->maps_lock);
	list_for_each_entry(map, &plover->maps_list, node)
		if (map->vma == vma)
			goto unlock;
	err = plover->parent->translate(plover->parent, vma->vm_pgoff, &where);
	if (err) {
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(where), vma->vm_end - vma->vm_start,
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
	list_add(&map->node, &plover->maps_list);
unlock:
	mutex_unlock(&plover->maps_lock);
	return ret;
}

static const struct vm_operations_struct plover_vm_ops = {
	.open = plover_vma_open,
	.close = plover_vma_close,
	.fault = plover_vma_fault,
};

int plover_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct plover *plover = container_of(vdev, struct plover, vdev);
	unsigned long page = vma->vm_pgoff & PLOVER_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > PLOVER_PAGES)
		return -EINVAL;

	vma->vm_private_data = plover;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &plover_vm_ops;
	return 0;
}

void plover_init(struct plover *plover)
{
	mutex_init(&plover->maps_lock);
	INIT_LIST_HEAD(&plover->maps_list);
}
