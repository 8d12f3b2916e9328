// SPDX-License-Identifier: GPL-2.0-only
// What returns nothing may have attributes.
// migrate: options --as inode
#include <linux/vfio.h>

struct rye_map {
	struct list_head link;
	struct vm_area_struct *vma;
};

struct rye {
	struct vfio_device vdev;
	struct mutex maps_lock;
	struct list_head maps_list;
	struct rw_semaphore gate;
	phys_addr_t bar;
};

void rye_do_reset(struct rye *rye);

static noinline __maybe_unused void rye_zap(struct rye *rye)
{
	struct rye_map *m;

	mutex_lock(&rye->maps_lock);
	list_for_each_entry(m, &rye->maps_list, link)
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
	mutex_unlock(&rye->maps_lock);
}

static void rye_reset(struct rye *rye)
{
	rye_zap(rye);
	down_write(&rye->gate);
	rye_do_reset(rye);
	up_write(&rye->gate);
}

static void rye_vma_close(struct vm_area_struct *vma)
{
	struct rye *rye = vma->vm_private_data;
	struct rye_map *m, *n;

	mutex_lock(&rye->maps_lock);
	list_for_each_entry_safe(m, n, &rye->maps_list, link) {
		if (m->vma == vma) {
			list_del(&m->link);
			kfree(m);
		}
	}
	mutex_unlock(&rye->maps_lock);
}

static vm_fault_t rye_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct rye *rye = vma->vm_private_data;
	struct rye_map *m;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	m = kmalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return VM_FAULT_OOM;
	m->vma = vma;
	mutex_lock(&rye->maps_lock);
	list_add(&m->link, &rye->maps_list);
	mutex_unlock(&rye->maps_lock);
	down_read(&rye->gate);
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
	up_read(&rye->gate);
	return ret;
}

static const struct vm_operations_struct rye_vma_ops = {
	.close = rye_vma_close,
	.fault = rye_vma_fault,
};

static int rye_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct rye *rye = container_of(vdev, struct rye, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_private_data = rye;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff += rye->bar >> PAGE_SHIFT;
	vma->vm_ops = &rye_vma_ops;
	return 0;
}
