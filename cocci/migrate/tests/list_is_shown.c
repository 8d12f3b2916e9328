// SPDX-License-Identifier: GPL-2.0-only
// Someone else walks the list, to show it: that would be lost.
// migrate: exit 3
// migrate: left: a loop over the list does more than that (seq_printf): decide where it belongs
// migrate: options --as inode
#include <linux/vfio.h>

struct ash_map {
	struct list_head list;
	struct vm_area_struct *vma;
};

struct ash {
	struct vfio_device vdev;
	struct rw_semaphore reset_sem;
	struct mutex maps_mutex;
	struct list_head maps_list;
	u64 faults;
	u64 oopses;
	phys_addr_t base;
};

static void ash_zap(struct ash *ash, bool wait)
{
	struct ash_map *m, *n;

	mutex_lock(&ash->maps_mutex);
	list_for_each_entry_safe(m, n, &ash->maps_list, list) {
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&ash->maps_mutex);
	if (wait)
		msleep(1);
}

static void ash_reset(struct ash *ash)
{
	ash_zap(ash, false);
	down_write(&ash->reset_sem);
	ash_do_reset(ash);
	up_write(&ash->reset_sem);
}

static int ash_add(struct ash *ash, struct vm_area_struct *vma)
{
	struct ash_map *m;

	m = kmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	m->vma = vma;
	mutex_lock(&ash->maps_mutex);
	list_add(&m->list, &ash->maps_list);
	mutex_unlock(&ash->maps_mutex);
	return 0;
}

static void ash_vma_close(struct vm_area_struct *vma)
{
	struct ash *ash = vma->vm_private_data;
	struct ash_map *m, *n;

	mutex_lock(&ash->maps_mutex);
	list_for_each_entry_safe(m, n, &ash->maps_list, list) {
		if (m->vma != vma)
			continue;
		list_del(&m->list);
		kfree(m);
	}
	mutex_unlock(&ash->maps_mutex);
}

static int ash_show(struct seq_file *s, void *data)
{
	struct ash *ash = s->private;
	struct ash_map *m;

	mutex_lock(&ash->maps_mutex);
	list_for_each_entry(m, &ash->maps_list, list)
		seq_printf(s, "%lx\n", m->vma->vm_start);
	mutex_unlock(&ash->maps_mutex);
	return 0;
}

static vm_fault_t __ash_fault(struct ash *ash, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	int ret;

	if (!ash_alive(ash)) {
		ash->oopses++;
		return VM_FAULT_SIGBUS;
	}
	ret = ash_add(ash, vma);
	if (ret)
		return VM_FAULT_OOM;
	ret = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
				 vma->vm_page_prot);
	if (ret)
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

static vm_fault_t ash_fault(struct vm_fault *vmf)
{
	struct ash *ash = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&ash->reset_sem);
	ash->faults++;
	ret = __ash_fault(ash, vmf);
	up_read(&ash->reset_sem);
	return ret;
}

static const struct vm_operations_struct ash_vm_ops = {
	.close = ash_vma_close,
	.fault = ash_fault,
};

static int ash_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct ash *ash = container_of(vdev, struct ash, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_private_data = ash;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (ash->base + ((u64)vma->vm_pgoff << PAGE_SHIFT)) >> PAGE_SHIFT;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &ash_vm_ops;
	return 0;
}
