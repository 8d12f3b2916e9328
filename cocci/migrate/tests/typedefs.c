// SPDX-License-Identifier: GPL-2.0-only
// Typedefs, an rwsem for the list, list_for_each(), the device as second argument, a fault that asks for success.
// migrate: exit 3
// migrate: review: mappings are found through the inode
// migrate: options --as file
#include <linux/fs.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>

typedef struct tofu_vma {
	struct vm_area_struct *vma;
	struct list_head chain;
} tofu_vma_t;

typedef struct tofu_dev {
	struct cdev cdev;
	struct device *dev;
	struct rw_semaphore vmas_sem;
	struct list_head vmas_chain;
	struct rw_semaphore hw_sem;
	unsigned long pfn;
	int on;
} tofu_dev_t;

static int tofu_zap_all(bool quiet, tofu_dev_t *td)
{
	struct list_head *pos, *tmp;

	if (!quiet)
		dev_info(td->dev, "zapping\n");
	down_write(&td->vmas_sem);
	list_for_each_safe(pos, tmp, &td->vmas_chain) {
		tofu_vma_t *v = list_entry(pos, tofu_vma_t, chain);

		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(pos);
		kfree(v);
	}
	up_write(&td->vmas_sem);
	return 0;
}

static void tofu_off(tofu_dev_t *td)
{
	down_write(&td->hw_sem);
	td->on = 0;
	tofu_zap_all(true, td);
	up_write(&td->hw_sem);
}

static void tofu_vm_close(struct vm_area_struct *vma)
{
	tofu_dev_t *td = vma->vm_private_data;
	tofu_vma_t *v, *n;

	down_write(&td->vmas_sem);
	list_for_each_entry_safe(v, n, &td->vmas_chain, chain)
		if (v->vma == vma) {
			list_del(&v->chain);
			kfree(v);
		}
	up_write(&td->vmas_sem);
}

static vm_fault_t tofu_vm_fault(struct vm_fault *vmf)
{
	tofu_dev_t *td = vmf->vma->vm_private_data;
	tofu_vma_t *v;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&td->hw_sem);
	if (!td->on)
		goto out;
	v = kmalloc(sizeof(tofu_vma_t), GFP_KERNEL);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	v->vma = vmf->vma;
	down_write(&td->vmas_sem);
	list_add(&v->chain, &td->vmas_chain);
	up_write(&td->vmas_sem);
	if (!remap_pfn_range(vmf->vma, vmf->vma->vm_start, td->pfn, vmf->vma->vm_end - vmf->vma->vm_start,
			     vmf->vma->vm_page_prot))
		ret = VM_FAULT_NOPAGE;
out:
	up_read(&td->hw_sem);
	return ret;
}

static const struct vm_operations_struct tofu_vm_ops = {
	.close = tofu_vm_close,
	.fault = tofu_vm_fault,
};

static int tofu_mmap(struct file *file, struct vm_area_struct *vma)
{
	tofu_dev_t *td = file->private_data;

	vma->vm_private_data = td;
	vma->vm_ops = &tofu_vm_ops;
	return 0;
}

static int tofu_open(struct inode *inode, struct file *file)
{
	tofu_dev_t *td = container_of(inode->i_cdev, tofu_dev_t, cdev);

	file->private_data = td;
	return 0;
}

static void tofu_init(tofu_dev_t *td)
{
	init_rwsem(&td->vmas_sem);
	init_rwsem(&td->hw_sem);
	INIT_LIST_HEAD(&td->vmas_chain);
}
