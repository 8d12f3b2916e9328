// SPDX-License-Identifier: GPL-2.0-only
/* An mdev whose walk gives up where a lock is taken, and whose callers ask whether it did; the parent says where a page is. */
// migrate: options --as inode
// migrate: note: dev_dbg() went with the walk of the list
#include <linux/vfio.h>
#include <linux/mm.h>
#include <linux/slab.h>

struct siskin_map {
	struct vm_area_struct *vma;
	struct list_head link;
};

struct siskin_parent {
	int (*reset)(struct siskin_parent *parent);
	int (*where_is)(struct siskin_parent *parent, int index, u64 page, u64 *addr);
};

struct siskin {
	struct vfio_device vdev;
	struct device *dev;
	struct siskin_parent *parent;
	struct mutex vma_lock;
	struct list_head vma_list;
	struct mutex config_lock;
	bool gone;
};

static int __siskin_add_vma(struct siskin *siskin, struct vm_area_struct *vma)
{
	struct siskin_map *map;

	map = kmalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;

	map->vma = vma;
	list_add(&map->link, &siskin->vma_list);

	return 0;
}

/* 0, or -EBUSY when a lock is taken */
static int siskin_zap(struct siskin *siskin)
{
	struct siskin_map *map, *tmp;

	if (!siskin)
		return -EINVAL;

	while (1) {
		struct mm_struct *mm = NULL;

		if (!mutex_trylock(&siskin->vma_lock))
			return -EBUSY;
		while (!list_empty(&siskin->vma_list)) {
			map = list_first_entry(&siskin->vma_list, struct siskin_map, link);
			mm = map->vma->vm_mm;
			if (mmget_not_zero(mm))
				break;

			list_del(&map->link);
			kfree(map);
			mm = NULL;
		}
		if (!mm) {
			mutex_unlock(&siskin->vma_lock);
			return 0;
		}
		mutex_unlock(&siskin->vma_lock);

		if (!mmap_read_trylock(mm)) {
			mmput(mm);
			return -EBUSY;
		}
		if (!mutex_trylock(&siskin->vma_lock)) {
			mmap_read_unlock(mm);
			mmput(mm);
			return -EBUSY;
		}
		list_for_each_entry_safe(map, tmp, &siskin->vma_list, link) {
			struct vm_area_struct *vma = map->vma;

			if (vma->vm_mm != mm)
				continue;

			list_del(&map->link);
			kfree(map);

			zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
			dev_dbg(siskin->dev, "took %lx away\n", vma->vm_start);
		}
		mutex_unlock(&siskin->vma_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

static int siskgone(struct siskin *siskin)
{
	int err;

	mutex_lock(&siskin->config_lock);
	err = siskin_zap(siskin);
	if (err) {
		dev_err(siskin->dev, "busy: %d\n", err);
		goto out;
	}
	err = siskin->parent->reset(siskin->parent);
out:
	mutex_unlock(&siskin->config_lock);
	return err;
}

void siskin_parent_gone(struct siskin *siskin)
{
	siskin->gone = true;
	siskin_zap(siskin);
}

static void siskin_mmap_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void siskin_mmap_close(struct vm_area_struct *vma)
{
	struct siskin *siskin = vma->vm_private_data;
	struct siskin_map *map;

	mutex_lock(&siskin->vma_lock);
	list_for_each_entry(map, &siskin->vma_list, link) {
		if (map->vma == vma) {
			list_del(&map->link);
			kfree(map);
			break;
		}
	}
	mutex_unlock(&siskin->vma_lock);
}

static vm_fault_t siskin_mmap_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct siskin *siskin = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned int index;
	u64 addr, page;
	int err;

	mutex_lock(&siskin->vma_lock);
	if (siskin->gone) {
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}

	err = __siskin_add_vma(siskin, vma);
	if (err) {
		ret = VM_FAULT_OOM;
		goto unlock;
	}
	mutex_unlock(&siskin->vma_lock);

	index = vma->vm_pgoff >> (40 - PAGE_SHIFT);
	page = vma->vm_pgoff & ((1U << (40 - PAGE_SHIFT)) - 1);
	err = siskin->parent->where_is(siskin->parent, index, page, &addr);
	if (err < 0) {
		dev_err(siskin->dev, "page %llx is nowhere: %d\n", page, err);
		return VM_FAULT_SIGBUS;
	}

	err = io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(addr),
				 vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (err)
		return VM_FAULT_SIGBUS;
	return ret;

unlock:
	mutex_unlock(&siskin->vma_lock);
	return ret;
}

static const struct vm_operations_struct siskin_mmap_ops = {
	.open = siskin_mmap_open,
	.close = siskin_mmap_close,
	.fault = siskin_mmap_fault,
};

static int siskin_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct siskin *siskin = container_of(core_vdev, struct siskin, vdev);
	unsigned int index = vma->vm_pgoff >> (40 - PAGE_SHIFT);

	if (index > 5)
		return -EINVAL;
	if (vma->vm_end < vma->vm_start)
		return -EINVAL;
	if ((vma->vm_flags & VM_SHARED) == 0)
		return -EINVAL;

	vma->vm_private_data = siskin;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &siskin_mmap_ops;

	return 0;
}

static const struct vfio_device_ops siskin_ops = {
	.name = "siskin",
	.mmap = siskin_mmap,
};

void siskin_init(struct siskin *siskin)
{
	mutex_init(&siskin->vma_lock);
	INIT_LIST_HEAD(&siskin->vma_list);
}
