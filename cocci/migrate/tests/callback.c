// SPDX-License-Identifier: GPL-2.0-only
// The zap is called through a table of functions, so keeps its type; a typedef of a pointer.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened
// migrate: compiles
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct gnat_dev;
typedef struct gnat_dev *gnat_t;

struct gnat_vma {
	struct vm_area_struct *vma;
	struct list_head gnat_node;
};

struct gnat_ops {
	int (*stop)(gnat_t gnat);
};

struct gnat_dev {
	struct cdev cdev;
	const struct gnat_ops *ops;
	struct mutex gnat_lock;
	struct list_head gnat_vmas;
	struct rw_semaphore gnat_sem;
	phys_addr_t base;
	bool stopped;
};

static int gnat_stop(gnat_t gnat)
{
	struct gnat_vma *v, *n;

	mutex_lock(&gnat->gnat_lock);
	list_for_each_entry_safe(v, n, &gnat->gnat_vmas, gnat_node) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->gnat_node);
		kfree(v);
	}
	mutex_unlock(&gnat->gnat_lock);
	down_write(&gnat->gnat_sem);
	gnat->stopped = true;
	up_write(&gnat->gnat_sem);
	return 0;
}

static const struct gnat_ops gnat_ops = {
	.stop = gnat_stop,
};

static long gnat_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	gnat_t gnat = file->private_data;

	return gnat->ops->stop(gnat);
}

static void gnat_vm_close(struct vm_area_struct *vma)
{
	gnat_t gnat = vma->vm_private_data;
	struct gnat_vma *v;

	mutex_lock(&gnat->gnat_lock);
	list_for_each_entry(v, &gnat->gnat_vmas, gnat_node) {
		if (v->vma == vma) {
			list_del(&v->gnat_node);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&gnat->gnat_lock);
}

static vm_fault_t gnat_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	gnat_t gnat = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	struct gnat_vma *v;

	mutex_lock(&gnat->gnat_lock);
	down_read(&gnat->gnat_sem);
	if (gnat->stopped)
		goto out;
	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(gnat->base) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		kfree(v);
		goto out;
	}
	v->vma = vma;
	list_add(&v->gnat_node, &gnat->gnat_vmas);
	ret = VM_FAULT_NOPAGE;
out:
	up_read(&gnat->gnat_sem);
	mutex_unlock(&gnat->gnat_lock);
	return ret;
}

static const struct vm_operations_struct gnat_vm_ops = {
	.close = gnat_vm_close,
	.fault = gnat_fault,
};

static int gnat_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &gnat_vm_ops;
	return 0;
}

static int gnat_open(struct inode *inode, struct file *file)
{
	gnat_t gnat = container_of(inode->i_cdev, struct gnat_dev, cdev);

	file->private_data = gnat;
	return 0;
}

static const struct file_operations gnat_fops = {
	.open = gnat_open,
	.mmap = gnat_mmap,
	.unlocked_ioctl = gnat_ioctl,
};

static int __init gnat_init(void)
{
	gnat_t gnat = kzalloc(sizeof(*gnat), GFP_KERNEL);

	if (!gnat)
		return -ENOMEM;
	gnat->ops = &gnat_ops;
	mutex_init(&gnat->gnat_lock);
	INIT_LIST_HEAD(&gnat->gnat_vmas);
	init_rwsem(&gnat->gnat_sem);
	cdev_init(&gnat->cdev, &gnat_fops);
	return cdev_add(&gnat->cdev, MKDEV(240, 0), 1);
}
module_init(gnat_init);
MODULE_LICENSE("GPL");
