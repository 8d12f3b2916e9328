// SPDX-License-Identifier: GPL-2.0-only
/* The list and its lock are all that a struct with a name holds, and are called as any list and lock. */
// migrate: options --as inode
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define RUFF_PAGE_MASK 0xffff
#define RUFF_PAGES 16

struct ruff_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct ruff_tracked {
	struct mutex lock;
	struct list_head list;
};

struct ruff {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct ruff_tracked tracked;
	struct mutex lock;
	struct rw_semaphore gate;
};

int ruff_reset_hardware(struct ruff *ruff);

static void ruff_zap(struct ruff *ruff)
{
	struct ruff_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&ruff->tracked.lock);
		list_for_each_entry_safe(map, next, &ruff->tracked.list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&ruff->tracked.lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&ruff->tracked.lock);
		list_for_each_entry_safe(map, next, &ruff->tracked.list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&ruff->tracked.lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int ruff_reset(struct ruff *ruff)
{
	int ret;

	mutex_lock(&ruff->lock);
	ruff_zap(ruff);
	down_write(&ruff->gate);
	ret = ruff_reset_hardware(ruff);
	up_write(&ruff->gate);
	mutex_unlock(&ruff->lock);
	return ret;
}

static void ruff_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void ruff_vma_close(struct vm_area_struct *vma)
{
	struct ruff *ruff = vma->vm_private_data;
	struct ruff_mapping *map;

	mutex_lock(&ruff->tracked.lock);
	list_for_each_entry(map, &ruff->tracked.list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&ruff->tracked.lock);
}

static vm_fault_t ruff_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct ruff *ruff = vma->vm_private_data;
	struct ruff_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&ruff->tracked.lock);
	down_read(&ruff->gate);
	list_for_each_entry(map, &ruff->tracked.list, node)
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
	list_add(&map->node, &ruff->tracked.list);
unlock:
	up_read(&ruff->gate);
	mutex_unlock(&ruff->tracked.lock);
	return ret;
}

static const struct vm_operations_struct ruff_vm_ops = {
	.open = ruff_vma_open,
	.close = ruff_vma_close,
	.fault = ruff_vma_fault,
};

int ruff_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct ruff *ruff = container_of(vdev, struct ruff, vdev);
	unsigned long page = vma->vm_pgoff & RUFF_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > RUFF_PAGES)
		return -EINVAL;

	vma->vm_private_data = ruff;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (ruff->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &ruff_vm_ops;
	return 0;
}

void ruff_init(struct ruff *ruff)
{
	mutex_init(&ruff->tracked.lock);
	INIT_LIST_HEAD(&ruff->tracked.list);
}
