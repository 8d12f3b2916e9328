// SPDX-License-Identifier: GPL-2.0-only
/* A message in the walk prints where the VMA is, which selects nothing. */
// migrate: options --as inode
// migrate: note: pr_debug() went with the walk of the list
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define TERN_PAGE_MASK 0xffff
#define TERN_PAGES 16

struct tern_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct tern {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

int tern_reset_hardware(struct tern *tern);

static void tern_zap(struct tern *tern)
{
	struct tern_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&tern->maps_lock);
		list_for_each_entry_safe(map, next, &tern->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&tern->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&tern->maps_lock);
		list_for_each_entry_safe(map, next, &tern->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			pr_debug("zap page %lx\n", map->vma->vm_pgoff);
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&tern->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int tern_reset(struct tern *tern)
{
	tern_zap(tern);
	return tern_reset_hardware(tern);
}

static void tern_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void tern_vma_close(struct vm_area_struct *vma)
{
	struct tern *tern = vma->vm_private_data;
	struct tern_mapping *map;

	mutex_lock(&tern->maps_lock);
	list_for_each_entry(map, &tern->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&tern->maps_lock);
}

static vm_fault_t tern_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct tern *tern = vma->vm_private_data;
	struct tern_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&tern->maps_lock);
	list_for_each_entry(map, &tern->maps_list, node)
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
	list_add(&map->node, &tern->maps_list);
unlock:
	mutex_unlock(&tern->maps_lock);
	return ret;
}

static const struct vm_operations_struct tern_vm_ops = {
	.open = tern_vma_open,
	.close = tern_vma_close,
	.fault = tern_vma_fault,
};

int tern_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct tern *tern = container_of(vdev, struct tern, vdev);
	unsigned long page = vma->vm_pgoff & TERN_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > TERN_PAGES)
		return -EINVAL;

	vma->vm_private_data = tern;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (tern->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &tern_vm_ops;
	return 0;
}

void tern_init(struct tern *tern)
{
	mutex_init(&tern->maps_lock);
	INIT_LIST_HEAD(&tern->maps_list);
}
