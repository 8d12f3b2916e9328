// SPDX-License-Identifier: GPL-2.0-only
#include "yak.h"

static vm_fault_t yak_fault(struct vm_fault *vmf)
{
	struct yak *yak = vmf->vma->vm_private_data;
	struct yak_vma *v;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&yak->yak_vma_lock);
	down_read(&yak->sem);

	list_for_each_entry(v, &yak->yak_vma_list, list)
		if (v->vma == vmf->vma)
			goto out;

	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	v->vma = vmf->vma;
	list_add(&v->list, &yak->yak_vma_list);

	if (remap_pfn_range(vmf->vma, vmf->vma->vm_start, yak->pfn, vmf->vma->vm_end - vmf->vma->vm_start,
			    vmf->vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
out:
	up_read(&yak->sem);
	mutex_unlock(&yak->yak_vma_lock);
	return ret;
}

static const struct vm_operations_struct yak_ops = {
	/* no .close: entries are freed with the device */
	/* which is long enough for a test */
	.fault = yak_fault,
};

int yak_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &yak_ops;
	return 0;
}
