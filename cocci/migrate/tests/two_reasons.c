// SPDX-License-Identifier: GPL-2.0-only
/* Several reasons to leave the file: all are named. */
// migrate: options --as inode
// migrate: exit 3
// migrate: left: the walk of the list does more than that (count): decide where it belongs
// migrate: left: avocet_vma_fault() maps only a part of the VMA (PAGE_SIZE)
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

struct avocet_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct avocet {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
	unsigned int count;
};

static void avocet_zap(struct avocet *avocet)
{
	struct avocet_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&avocet->maps_lock);
		list_for_each_entry_safe(map, next, &avocet->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&avocet->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&avocet->maps_lock);
		list_for_each_entry_safe(map, next, &avocet->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			avocet->count++;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&avocet->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int avocet_reset(struct avocet *avocet)
{
	avocet_zap(avocet);
	return avocet_reset_hardware(avocet);
}

static void avocet_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void avocet_vma_close(struct vm_area_struct *vma)
{
	struct avocet *avocet = vma->vm_private_data;
	struct avocet_mapping *map;

	mutex_lock(&avocet->maps_lock);
	list_for_each_entry(map, &avocet->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&avocet->maps_lock);
}

static vm_fault_t avocet_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct avocet *avocet = vma->vm_private_data;
	struct avocet_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&avocet->maps_lock);
	list_for_each_entry(map, &avocet->maps_list, node)
		if (map->vma == vma)
			goto unlock;
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, PAGE_SIZE, vma->vm_page_prot)) {
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
	list_add(&map->node, &avocet->maps_list);
unlock:
	mutex_unlock(&avocet->maps_lock);
	return ret;
}

static const struct vm_operations_struct avocet_vm_ops = {
	.open = avocet_vma_open,
	.close = avocet_vma_close,
	.fault = avocet_vma_fault,
};

int avocet_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct avocet *avocet = container_of(vdev, struct avocet, vdev);
	unsigned long page = vma->vm_pgoff & AVOCET_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > AVOCET_PAGES)
		return -EINVAL;

	vma->vm_private_data = avocet;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (avocet->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &avocet_vm_ops;
	return 0;
}

void avocet_init(struct avocet *avocet)
{
	mutex_init(&avocet->maps_lock);
	INIT_LIST_HEAD(&avocet->maps_list);
}
