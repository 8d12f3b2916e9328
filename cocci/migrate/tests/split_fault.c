// SPDX-License-Identifier: GPL-2.0-only
// The handler is a helper of the callback, with the vendor's statistics in both; the entry is made by a third.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: elm_zap() does more than zap (msleep)
#include <linux/vfio.h>
#include <linux/delay.h>

struct elm_map {
	struct list_head list;
	struct vm_area_struct *vma;
};

struct elm {
	struct vfio_device vdev;
	struct rw_semaphore reset_sem;
	struct mutex maps_mutex;
	struct list_head maps_list;
	u64 faults;
	u64 oopses;
	phys_addr_t base;
};

void elm_do_reset(struct elm *elm);
bool elm_alive(struct elm *elm);

static void elm_zap(struct elm *elm, bool wait)
{
	struct elm_map *m, *n;

	mutex_lock(&elm->maps_mutex);
	list_for_each_entry_safe(m, n, &elm->maps_list, list) {
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&elm->maps_mutex);
	if (wait)
		msleep(1);
}

static void elm_reset(struct elm *elm)
{
	elm_zap(elm, false);
	down_write(&elm->reset_sem);
	elm_do_reset(elm);
	up_write(&elm->reset_sem);
}

static int elm_add(struct elm *elm, struct vm_area_struct *vma)
{
	struct elm_map *m;

	m = kmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	m->vma = vma;
	mutex_lock(&elm->maps_mutex);
	list_add(&m->list, &elm->maps_list);
	mutex_unlock(&elm->maps_mutex);
	return 0;
}

static void elm_vma_close(struct vm_area_struct *vma)
{
	struct elm *elm = vma->vm_private_data;
	struct elm_map *m, *n;

	mutex_lock(&elm->maps_mutex);
	list_for_each_entry_safe(m, n, &elm->maps_list, list) {
		if (m->vma != vma)
			continue;
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&elm->maps_mutex);
}

static vm_fault_t __elm_fault(struct elm *elm, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	int ret;

	if (!elm_alive(elm)) {
		elm->oopses++;
		return VM_FAULT_SIGBUS;
	}
	ret = elm_add(elm, vma);
	if (ret)
		return VM_FAULT_OOM;
	ret = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
				 vma->vm_page_prot);
	if (ret)
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

static vm_fault_t elm_fault(struct vm_fault *vmf)
{
	struct elm *elm = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&elm->reset_sem);
	elm->faults++;
	ret = __elm_fault(elm, vmf);
	up_read(&elm->reset_sem);
	return ret;
}

static const struct vm_operations_struct elm_vm_ops = {
	.close = elm_vma_close,
	.fault = elm_fault,
};

static int elm_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct elm *elm = container_of(vdev, struct elm, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_private_data = elm;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (elm->base + ((u64)vma->vm_pgoff << PAGE_SHIFT)) >> PAGE_SHIFT;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &elm_vm_ops;
	return 0;
}
