// SPDX-License-Identifier: GPL-2.0-only
// The zap gives up early on an empty list; a flag says whether the VMA was found; if and else.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: oak_zap() does more than zap (msleep)
// migrate: review: found of __oak_fault() has one value only now: simplify
#include <linux/vfio.h>
#include <linux/delay.h>

struct oak_map {
	struct list_head list;
	struct vm_area_struct *vma;
};

struct oak {
	struct vfio_device vdev;
	struct rw_semaphore reset_sem;
	struct mutex maps_mutex;
	struct list_head maps_list;
	u64 faults;
	u64 oopses;
	phys_addr_t base;
};

void oak_do_reset(struct oak *oak);
bool oak_alive(struct oak *oak);

static void oak_zap(struct oak *oak, bool wait)
{
	struct oak_map *m, *n;

	mutex_lock(&oak->maps_mutex);
	if (list_empty(&oak->maps_list)) {
		mutex_unlock(&oak->maps_mutex);
		return;
	}
	list_for_each_entry_safe(m, n, &oak->maps_list, list) {
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&oak->maps_mutex);
	if (wait)
		msleep(1);
}

static void oak_reset(struct oak *oak)
{
	oak_zap(oak, false);
	down_write(&oak->reset_sem);
	oak_do_reset(oak);
	up_write(&oak->reset_sem);
}

static int oak_add(struct oak *oak, struct vm_area_struct *vma)
{
	struct oak_map *m;

	m = kmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	m->vma = vma;
	mutex_lock(&oak->maps_mutex);
	list_add(&m->list, &oak->maps_list);
	mutex_unlock(&oak->maps_mutex);
	return 0;
}

static void oak_vma_close(struct vm_area_struct *vma)
{
	struct oak *oak = vma->vm_private_data;
	struct oak_map *m, *n;

	mutex_lock(&oak->maps_mutex);
	list_for_each_entry_safe(m, n, &oak->maps_list, list) {
		if (m->vma != vma)
			continue;
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&oak->maps_mutex);
}

static vm_fault_t __oak_fault(struct oak *oak, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct oak_map *m;
	bool found = false;

	if (!oak_alive(oak)) {
		oak->oopses++;
		return VM_FAULT_SIGBUS;
	}
	mutex_lock(&oak->maps_mutex);
	list_for_each_entry(m, &oak->maps_list, list) {
		if (m->vma == vma) {
			found = true;
			break;
		}
	}
	mutex_unlock(&oak->maps_mutex);
	if (found)
		return VM_FAULT_NOPAGE;

	if (oak_add(oak, vma)) {
		return VM_FAULT_OOM;
	} else if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
				      vma->vm_page_prot)) {
		return VM_FAULT_SIGBUS;
	}
	return VM_FAULT_NOPAGE;
}

static vm_fault_t oak_fault(struct vm_fault *vmf)
{
	struct oak *oak = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&oak->reset_sem);
	oak->faults++;
	ret = __oak_fault(oak, vmf);
	up_read(&oak->reset_sem);
	return ret;
}

static const struct vm_operations_struct oak_vm_ops = {
	.close = oak_vma_close,
	.fault = oak_fault,
};

static int oak_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct oak *oak = container_of(vdev, struct oak, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_private_data = oak;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (oak->base + ((u64)vma->vm_pgoff << PAGE_SHIFT)) >> PAGE_SHIFT;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &oak_vm_ops;
	return 0;
}
