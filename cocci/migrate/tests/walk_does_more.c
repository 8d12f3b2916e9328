// SPDX-License-Identifier: GPL-2.0-only
// The walk tells the device about each mapping: nothing to be done by script.
// migrate: exit 3
// migrate: left: the walk of the list does more than that (tpu_tell_device): decide where it belongs
#include <linux/mm.h>

struct tpu_vma {
	struct vm_area_struct *vma;
	struct list_head list;
};

struct tpu {
	struct mutex vma_lock;
	struct list_head vma_list;
	struct rw_semaphore sem;
};

static void tpu_zap(struct tpu *tpu)
{
	struct tpu_vma *v;

	mutex_lock(&tpu->vma_lock);
	list_for_each_entry(v, &tpu->vma_list, list) {
		tpu_tell_device(tpu, v->vma->vm_start);
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
	}
	mutex_unlock(&tpu->vma_lock);
}

static vm_fault_t tpu_fault(struct vm_fault *vmf)
{
	struct tpu *tpu = vmf->vma->vm_private_data;
	struct tpu_vma *v;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&tpu->vma_lock);
	down_read(&tpu->sem);
	v = kmalloc(sizeof(*v), GFP_KERNEL);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	v->vma = vmf->vma;
	list_add(&v->list, &tpu->vma_list);
	if (io_remap_pfn_range(vmf->vma, vmf->vma->vm_start, vmf->vma->vm_pgoff,
			       vmf->vma->vm_end - vmf->vma->vm_start, vmf->vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
out:
	up_read(&tpu->sem);
	mutex_unlock(&tpu->vma_lock);
	return ret;
}

static const struct vm_operations_struct tpu_ops = {
	.fault = tpu_fault,
};

int tpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &tpu_ops;
	return 0;
}
