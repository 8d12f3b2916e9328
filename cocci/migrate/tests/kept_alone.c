// SPDX-License-Identifier: GPL-2.0-only
// There is one VMA at most, and the device remembers it.
// migrate: exit 3
// migrate: left: mcu_stop() zaps a VMA that is remembered in mcu->vma, not in a list
// migrate: compiles
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

struct mcu {
	struct mutex lock;
	struct vm_area_struct *vma;	/* the only one that may map us */
	unsigned long pfn;
	bool stopped;
};

static void mcu_stop(struct mcu *mcu)
{
	mutex_lock(&mcu->lock);
	mcu->stopped = true;
	if (mcu->vma)
		zap_vma_ptes(mcu->vma, mcu->vma->vm_start,
			     mcu->vma->vm_end - mcu->vma->vm_start);
	mutex_unlock(&mcu->lock);
}

static vm_fault_t mcu_fault(struct vm_fault *vmf)
{
	struct mcu *mcu = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&mcu->lock);
	if (!mcu->stopped)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, mcu->pfn + vmf->pgoff);
	mutex_unlock(&mcu->lock);
	return ret;
}

static const struct vm_operations_struct mcu_vm_ops = {
	.fault = mcu_fault,
};

static int mcu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mcu *mcu = file->private_data;

	mutex_lock(&mcu->lock);
	mcu->vma = vma;
	mutex_unlock(&mcu->lock);
	vma->vm_private_data = mcu;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &mcu_vm_ops;
	return 0;
}

static long mcu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	mcu_stop(file->private_data);
	return 0;
}

const struct file_operations mcu_fops = {
	.mmap = mcu_mmap,
	.unlocked_ioctl = mcu_ioctl,
};
EXPORT_SYMBOL_GPL(mcu_fops);
MODULE_LICENSE("GPL");
