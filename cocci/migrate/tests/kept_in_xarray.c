// SPDX-License-Identifier: GPL-2.0-only
// The VMAs are in an xarray.
// migrate: exit 3
// migrate: left: npu_power_off() zaps VMAs that are kept in an xarray
// migrate: compiles
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

struct npu {
	struct xarray vmas;
	struct mutex lock;
	phys_addr_t base;
	bool on;
};

static void npu_power_off(struct npu *npu)
{
	struct vm_area_struct *vma;
	unsigned long index;

	mutex_lock(&npu->lock);
	npu->on = false;
	xa_for_each(&npu->vmas, index, vma)
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	mutex_unlock(&npu->lock);
}

static void npu_vm_close(struct vm_area_struct *vma)
{
	struct npu *npu = vma->vm_private_data;

	mutex_lock(&npu->lock);
	xa_erase(&npu->vmas, (unsigned long)vma >> 3);
	mutex_unlock(&npu->lock);
}

static vm_fault_t npu_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct npu *npu = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&npu->lock);
	if (npu->on) {
		if (xa_err(xa_store(&npu->vmas, (unsigned long)vma >> 3, vma, GFP_KERNEL)))
			ret = VM_FAULT_OOM;
		else
			ret = vmf_insert_pfn(vma, vmf->address, vmf->pgoff + PHYS_PFN(npu->base));
	}
	mutex_unlock(&npu->lock);
	return ret;
}

static const struct vm_operations_struct npu_vm_ops = {
	.close = npu_vm_close,
	.fault = npu_fault,
};

static int npu_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &npu_vm_ops;
	return 0;
}

static struct npu the_npu;

static int npu_open(struct inode *inode, struct file *file)
{
	struct npu *npu = &the_npu;

	file->private_data = npu;
	return 0;
}

static long npu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	npu_power_off(file->private_data);
	return 0;
}

const struct file_operations npu_fops = {
	.open = npu_open,
	.mmap = npu_mmap,
	.unlocked_ioctl = npu_ioctl,
};
EXPORT_SYMBOL_GPL(npu_fops);
MODULE_LICENSE("GPL");
