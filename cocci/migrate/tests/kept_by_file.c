// SPDX-License-Identifier: GPL-2.0-only
// Each open file has a list of its own.
// migrate: exit 3
// migrate: left: dma_engine_halt() zaps the VMAs of &file->file_vmas for each entry of &engine->files
// migrate: compiles
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct dma_vma {
	struct list_head link;
	struct vm_area_struct *vma;
};

struct dma_file {
	struct list_head files_link;
	struct list_head file_vmas;
	struct dma_engine *engine;
};

struct dma_engine {
	struct mutex files_mutex;
	struct list_head files;
	struct rw_semaphore run_sem;
	phys_addr_t regs;
};

void dma_engine_halt(struct dma_engine *engine);
void dma_engine_halt(struct dma_engine *engine)
{
	struct dma_file *file;
	struct dma_vma *v;

	mutex_lock(&engine->files_mutex);
	list_for_each_entry(file, &engine->files, files_link) {
		list_for_each_entry(v, &file->file_vmas, link)
			zap_vma_ptes(v->vma, v->vma->vm_start,
				     v->vma->vm_end - v->vma->vm_start);
	}
	mutex_unlock(&engine->files_mutex);
	down_write(&engine->run_sem);
	up_write(&engine->run_sem);
}
EXPORT_SYMBOL_GPL(dma_engine_halt);

static vm_fault_t dma_file_fault(struct vm_fault *vmf)
{
	struct dma_file *file = vmf->vma->vm_private_data;
	struct dma_vma *v;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	v = kmalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return VM_FAULT_OOM;
	mutex_lock(&file->engine->files_mutex);
	down_read(&file->engine->run_sem);
	v->vma = vmf->vma;
	list_add(&v->link, &file->file_vmas);
	if (io_remap_pfn_range(vmf->vma, vmf->vma->vm_start, PHYS_PFN(file->engine->regs),
			       vmf->vma->vm_end - vmf->vma->vm_start, vmf->vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
	up_read(&file->engine->run_sem);
	mutex_unlock(&file->engine->files_mutex);
	return ret;
}

static const struct vm_operations_struct dma_file_vm_ops = {
	.fault = dma_file_fault,
};

static int dma_file_mmap(struct file *filp, struct vm_area_struct *vma)
{
	vma->vm_private_data = filp->private_data;
	vma->vm_ops = &dma_file_vm_ops;
	return 0;
}

const struct file_operations dma_file_fops = {
	.mmap = dma_file_mmap,
};
EXPORT_SYMBOL_GPL(dma_file_fops);
MODULE_LICENSE("GPL");
