// SPDX-License-Identifier: GPL-2.0-only
/* A statement that is never reached, for a static checker. */
// migrate: options --as inode
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#define CURLEW_PAGE_MASK 0xffff
#define CURLEW_PAGES 16

struct curlew_mapping {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct curlew {
	struct vfio_device vdev;
	phys_addr_t bar;
	struct mutex maps_lock;
	struct list_head maps_list;
};

int curlew_reset_hardware(struct curlew *curlew);

static void curlew_zap(struct curlew *curlew)
{
	struct curlew_mapping *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&curlew->maps_lock);
		list_for_each_entry_safe(map, next, &curlew->maps_list, node) {
			if (mmget_not_zero(map->vma->vm_mm)) {
				mm = map->vma->vm_mm;
				break;
			}
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&curlew->maps_lock);
		if (!mm)
			break;

		mmap_read_lock(mm);
		mutex_lock(&curlew->maps_lock);
		list_for_each_entry_safe(map, next, &curlew->maps_list, node) {
			if (map->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
			list_del(&map->node);
			kfree(map);
		}
		mutex_unlock(&curlew->maps_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

int curlew_reset(struct curlew *curlew)
{
	curlew_zap(curlew);
	return curlew_reset_hardware(curlew);
}

static void curlew_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void curlew_vma_close(struct vm_area_struct *vma)
{
	struct curlew *curlew = vma->vm_private_data;
	struct curlew_mapping *map;

	mutex_lock(&curlew->maps_lock);
	list_for_each_entry(map, &curlew->maps_list, node) {
		if (map->vma != vma)
			continue;
		list_del(&map->node);
		kfree(map);
		break;
	}
	mutex_unlock(&curlew->maps_lock);
}

static vm_fault_t curlew_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct curlew *curlew = vma->vm_private_data;
	struct curlew_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&curlew->maps_lock);
	list_for_each_entry(map, &curlew->maps_list, node)
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
	list_add(&map->node, &curlew->maps_list);
unlock:
	mutex_unlock(&curlew->maps_lock);
	return ret;
}

static const struct vm_operations_struct curlew_vm_ops = {
	.open = curlew_vma_open,
	.close = curlew_vma_close,
	.fault = curlew_vma_fault,
};

int curlew_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct curlew *curlew = container_of(vdev, struct curlew, vdev);
	unsigned long page = vma->vm_pgoff & CURLEW_PAGE_MASK;

	if (!(vma->vm_flags & VM_SHARED) || page + vma_pages(vma) > CURLEW_PAGES) {
		return -EINVAL;
		(void)page;
	}

	vma->vm_private_data = curlew;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (curlew->bar >> PAGE_SHIFT) + page;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &curlew_vm_ops;
	return 0;
}

void curlew_init(struct curlew *curlew)
{
	mutex_init(&curlew->maps_lock);
	INIT_LIST_HEAD(&curlew->maps_list);
}
