// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/mdev.h>
#include <linux/vfio.h>

struct dunnock_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct dunnock {
	struct mdev_device *mdev;
	struct dunnock_parent *parent;
	struct mutex maps_lock;
	struct list_head maps_list;
};

static void dunnock_zap(struct dunnock *dunnock)
{
	struct dunnock_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&dunnock->maps_lock);
		list_for_each_entry_safe(map, next, &dunnock->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&dunnock->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&dunnock->maps_lock);
		list_for_each_entry_safe(map, next, &dunnock->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&dunnock->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int dunnock_reset(struct dunnock *dunnock)
{
	dunnock_zap(dunnock);
	return dunnock_reset_hardware(dunnock);
}

static void dunnock_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void dunnock_vma_close(struct vm_area_struct *vma)
{
	struct dunnock *dunnock = vma->vm_private_data;
	struct dunnock_mapping *map;

	mutex_lock(&dunnock->maps_lock);
	list_for_each_entry(map, &dunnock->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&dunnock->maps_lock);
}

static vm_fault_t dunnock_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dunnock *dunnock = vma->vm_private_data;
	struct dunnock_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	u64 where;

	mutex_lock(&dunnock->maps_lock);
	list_for_each_entry(map, &dunnock->maps_list, node)
		if (map->vma == vma)
			goto unlock;
	if (dunnock->parent->translate(dunnock->parent, vma->vm_pgoff, &where) < 0) {
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
	list_add(&map->node, &dunnock->maps_list);
unlock:
	mutex_unlock(&dunnock->maps_lock);
	return ret;
}

static const struct vm_operations_struct dunnock_vm_ops = {
	.open = dunnock_vma_open,
	.close = dunnock_vma_close,
	.fault = dunnock_vma_fault,
};

static int dunnock_mmap(struct mdev_device *mdev, struct vm_area_struct *vma)
{
	struct dunnock *dunnock = mdev_get_drvdata(mdev);
	unsigned long page = vma->vm_pgoff & DUNNOCK_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > DUNNOCK_PAGES)
		return -EINVAL;

	vma->vm_private_data = dunnock;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &dunnock_vm_ops;
	return 0;
}

static const struct mdev_parent_ops dunnock_mdev_ops = {
	.owner = THIS_MODULE,
	.mmap = dunnock_mmap,
};

void dunnock_init(struct dunnock *dunnock)
{
	mutex_init(&dunnock->maps_lock);
	INIT_LIST_HEAD(&dunnock->maps_list);
}
