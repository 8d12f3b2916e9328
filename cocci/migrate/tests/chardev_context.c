// SPDX-License-Identifier: GPL-2.0-only
// An accelerator's character device: files hold a context, .mmap calls its own .open, the zap has the lock already.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened
// migrate: review: dev_err() went with jackdaw_vm_open(), which maintained the list
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>

struct jackdaw_vma {
	struct list_head	node;
	struct vm_area_struct	*vma;
};

struct jackdaw {
	struct cdev		cdev;
	struct pci_dev		*pdev;
	spinlock_t		vmas_lock;
	struct list_head	vmas;
	struct rw_semaphore	reset_sem;
	bool			in_reset;
};

struct jackdaw_context {
	struct jackdaw	*jackdaw;
	u32		id;
};

static int jackdaw_open(struct inode *inode, struct file *file)
{
	struct jackdaw *jackdaw = container_of(inode->i_cdev, struct jackdaw, cdev);
	struct jackdaw_context *context = kzalloc(sizeof(*context), GFP_KERNEL);

	if (!context)
		return -ENOMEM;
	context->jackdaw = jackdaw;
	file->private_data = context;
	return 0;
}

static void jackdaw_vm_open(struct vm_area_struct *vma)
{
	struct jackdaw *jackdaw = vma->vm_private_data;
	struct jackdaw_vma *entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	unsigned long flags;

	if (!entry) {
		dev_err(&jackdaw->pdev->dev, "a mapping will not be zapped\n");
		return;
	}
	entry->vma = vma;
	spin_lock_irqsave(&jackdaw->vmas_lock, flags);
	list_add_tail(&entry->node, &jackdaw->vmas);
	spin_unlock_irqrestore(&jackdaw->vmas_lock, flags);
}

static void jackdaw_vm_close(struct vm_area_struct *vma)
{
	struct jackdaw *jackdaw = vma->vm_private_data;
	struct jackdaw_vma *entry, *next;
	unsigned long flags;

	spin_lock_irqsave(&jackdaw->vmas_lock, flags);
	list_for_each_entry_safe(entry, next, &jackdaw->vmas, node) {
		if (entry->vma == vma) {
			list_del(&entry->node);
			kfree(entry);
			break;
		}
	}
	spin_unlock_irqrestore(&jackdaw->vmas_lock, flags);
}

static vm_fault_t jackdaw_vm_fault(struct vm_fault *vmf)
{
	struct jackdaw *jackdaw = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(pci_resource_start(jackdaw->pdev, 2)) + vmf->pgoff;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&jackdaw->reset_sem);
	if (!jackdaw->in_reset)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	up_read(&jackdaw->reset_sem);
	return ret;
}

static const struct vm_operations_struct jackdaw_vm_ops = {
	.open = jackdaw_vm_open,
	.close = jackdaw_vm_close,
	.fault = jackdaw_vm_fault,
};

static int jackdaw_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct jackdaw_context *context = file->private_data;

	if (vma->vm_pgoff + vma_pages(vma) > PHYS_PFN(pci_resource_len(context->jackdaw->pdev, 2)))
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = context->jackdaw;
	vma->vm_ops = &jackdaw_vm_ops;
	vma->vm_ops->open(vma);
	return 0;
}

static void jackdaw_zap(struct jackdaw *jackdaw)
{
	struct jackdaw_vma *entry;
	unsigned long flags;

	spin_lock_irqsave(&jackdaw->vmas_lock, flags);
	list_for_each_entry(entry, &jackdaw->vmas, node)
		zap_vma_ptes(entry->vma, entry->vma->vm_start, entry->vma->vm_end - entry->vma->vm_start);
	spin_unlock_irqrestore(&jackdaw->vmas_lock, flags);
}

int jackdaw_reset(struct jackdaw *jackdaw)
{
	int err;

	down_write(&jackdaw->reset_sem);
	jackdaw->in_reset = true;
	jackdaw_zap(jackdaw);
	up_write(&jackdaw->reset_sem);

	err = pci_reset_function(jackdaw->pdev);

	down_write(&jackdaw->reset_sem);
	jackdaw->in_reset = err;
	up_write(&jackdaw->reset_sem);
	return err;
}
