// SPDX-License-Identifier: GPL-2.0-only
// Two walks, one that only tries; two structs with a lock of the same name; a map helper; unlikely().
// migrate: options --as inode
#include <linux/vfio.h>

struct elk_vma {
	struct vm_area_struct *vma;
	struct list_head next;
};

struct elk_queue {
	struct mutex vma_lock;
	int depth;
};

struct elk_device {
	struct vfio_device vdev;
	struct elk_queue queue;
	struct mutex vma_lock;
	struct list_head vma_list;
	struct rw_semaphore mem;
	struct resource *res;
};

int elk_hw_reset(struct elk_device *elk);

static void elk_zap(struct elk_device *elk)
{
	struct elk_vma *v, *tmp;

	mutex_lock(&elk->vma_lock);
	list_for_each_entry_safe(v, tmp, &elk->vma_list, next) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->next);
		kfree(v);
	}
	mutex_unlock(&elk->vma_lock);
}

static bool elk_try_zap(struct elk_device *elk)
{
	struct elk_vma *v, *tmp;

	if (!mutex_trylock(&elk->vma_lock))
		return false;
	list_for_each_entry_safe(v, tmp, &elk->vma_list, next) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->next);
		kfree(v);
	}
	mutex_unlock(&elk->vma_lock);
	return true;
}

static void elk_submit(struct elk_queue *q)
{
	mutex_lock(&q->vma_lock);
	q->depth++;
	mutex_unlock(&q->vma_lock);
}

static int elk_try_reset(struct elk_device *elk)
{
	int ret = 0;

	if (!elk_try_zap(elk))
		return -EBUSY;
	if (!down_write_trylock(&elk->mem))
		return -EAGAIN;
	ret = elk_hw_reset(elk);
	up_write(&elk->mem);
	return ret;
}

static void elk_reset(struct elk_device *elk)
{
	elk_zap(elk);
	down_write(&elk->mem);
	elk_hw_reset(elk);
	up_write(&elk->mem);
}

static void elk_vma_close(struct vm_area_struct *vma)
{
	struct elk_device *elk = vma->vm_private_data;
	struct elk_vma *v;

	mutex_lock(&elk->vma_lock);
	list_for_each_entry(v, &elk->vma_list, next) {
		if (v->vma == vma) {
			list_del(&v->next);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&elk->vma_lock);
}

static int elk_map(struct elk_device *elk, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long pfn = PHYS_PFN(elk->res->start) + vma->vm_pgoff;

	return io_remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
}

static vm_fault_t elk_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct elk_device *elk = vma->vm_private_data;
	struct elk_vma *v;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int err;

	mutex_lock(&elk->vma_lock);
	down_read(&elk->mem);
	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (unlikely(!v)) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	v->vma = vma;
	INIT_LIST_HEAD(&v->next);

	err = elk_map(elk, vma);
	if (unlikely(err)) {
		kfree(v);
		goto out;
	}
	list_add(&v->next, &elk->vma_list);
	ret = VM_FAULT_NOPAGE;
out:
	up_read(&elk->mem);
	mutex_unlock(&elk->vma_lock);
	return ret;
}

static const struct vm_operations_struct elk_vma_ops = {
	.close = elk_vma_close,
	.fault = elk_vma_fault,
};

static int elk_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct elk_device *elk = container_of(vdev, struct elk_device, vdev);

	vma->vm_private_data = elk;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_ops = &elk_vma_ops;
	return 0;
}
