// SPDX-License-Identifier: GPL-2.0-only
// Pages are mapped at mmap and zapped for good: a fault handler would bring them back.
// migrate: exit 3
// migrate: left: no fault handler maps the device
#include <linux/mm.h>

struct dpu_vma {
	struct vm_area_struct *vma;
	struct list_head list;
};

struct dpu {
	struct mutex vma_lock;
	struct list_head vma_list;
	unsigned long pfn;
};

void dpu_zap(struct dpu *dpu)
{
	struct dpu_vma *v;

	mutex_lock(&dpu->vma_lock);
	list_for_each_entry(v, &dpu->vma_list, list)
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
	mutex_unlock(&dpu->vma_lock);
}

int dpu_mmap(struct dpu *dpu, struct vm_area_struct *vma)
{
	struct dpu_vma *v = kmalloc(sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	v->vma = vma;
	mutex_lock(&dpu->vma_lock);
	list_add(&v->list, &dpu->vma_list);
	mutex_unlock(&dpu->vma_lock);
	return io_remap_pfn_range(vma, vma->vm_start, dpu->pfn, vma->vm_end - vma->vm_start, vma->vm_page_prot);
}
