// SPDX-License-Identifier: GPL-2.0-only
// Macros take the lock; typedefs.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened
// migrate: compiles
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

typedef struct pike_map {
	struct list_head next;
	struct vm_area_struct *vma;
} pike_map_t;

typedef struct pike_dev {
	struct cdev cdev;
	struct pci_dev *pdev;
	struct mutex map_lock;
	struct list_head map_list;
	struct rw_semaphore hw_sem;
	int bar;
	u32 resets;
} pike_dev_t;

#define PIKE_LOCK_MAPS(pike)	mutex_lock(&(pike)->map_lock)
#define PIKE_UNLOCK_MAPS(pike)	mutex_unlock(&(pike)->map_lock)

static void pike_zap(pike_dev_t *pike)
{
	pike_map_t *m, *n;

	PIKE_LOCK_MAPS(pike);
	list_for_each_entry_safe(m, n, &pike->map_list, next) {
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
		list_del(&m->next);
		kfree(m);
	}
	PIKE_UNLOCK_MAPS(pike);
}

static void pike_reset(pike_dev_t *pike)
{
	pike_zap(pike);
	down_write(&pike->hw_sem);
	pike->resets++;
	pci_reset_function(pike->pdev);
	up_write(&pike->hw_sem);
}

static long pike_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	pike_dev_t *pike = file->private_data;

	pike_reset(pike);
	return 0;
}

static void pike_vma_close(struct vm_area_struct *vma)
{
	pike_dev_t *pike = vma->vm_private_data;
	pike_map_t *m;

	PIKE_LOCK_MAPS(pike);
	list_for_each_entry(m, &pike->map_list, next) {
		if (m->vma == vma) {
			list_del(&m->next);
			kfree(m);
			break;
		}
	}
	PIKE_UNLOCK_MAPS(pike);
}

static vm_fault_t pike_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	pike_dev_t *pike = vma->vm_private_data;
	pike_map_t *m;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return VM_FAULT_OOM;

	PIKE_LOCK_MAPS(pike);
	down_read(&pike->hw_sem);
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot)) {
		kfree(m);
		ret = VM_FAULT_SIGBUS;
		goto out;
	}
	m->vma = vma;
	list_add(&m->next, &pike->map_list);
out:
	up_read(&pike->hw_sem);
	PIKE_UNLOCK_MAPS(pike);
	return ret;
}

static const struct vm_operations_struct pike_vm_ops = {
	.close = pike_vma_close,
	.fault = pike_vma_fault,
};

static int pike_mmap(struct file *file, struct vm_area_struct *vma)
{
	pike_dev_t *pike = file->private_data;
	unsigned long phys = pci_resource_start(pike->pdev, pike->bar);
	unsigned long size = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff + (size >> PAGE_SHIFT) >
	    pci_resource_len(pike->pdev, pike->bar) >> PAGE_SHIFT)
		return -EINVAL;

	vma->vm_pgoff += phys >> PAGE_SHIFT;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = pike;
	vma->vm_ops = &pike_vm_ops;
	return 0;
}

static int pike_open(struct inode *inode, struct file *file)
{
	pike_dev_t *pike = container_of(inode->i_cdev, pike_dev_t, cdev);

	file->private_data = pike;
	return 0;
}

static const struct file_operations pike_fops = {
	.owner = THIS_MODULE,
	.open = pike_open,
	.mmap = pike_mmap,
	.unlocked_ioctl = pike_ioctl,
};

static int pike_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pike_dev_t *pike;

	pike = devm_kzalloc(&pdev->dev, sizeof(*pike), GFP_KERNEL);
	if (!pike)
		return -ENOMEM;
	pike->pdev = pdev;
	mutex_init(&pike->map_lock);
	INIT_LIST_HEAD(&pike->map_list);
	init_rwsem(&pike->hw_sem);
	cdev_init(&pike->cdev, &pike_fops);
	return 0;
}

static struct pci_driver pike_driver = {
	.name = "pike",
	.probe = pike_probe,
};
module_pci_driver(pike_driver);
MODULE_LICENSE("GPL");
