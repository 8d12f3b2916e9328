// SPDX-License-Identifier: GPL-2.0-only
// The lock of the list gates faults as well: the list goes, the lock stays. No vm_fault_t local.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened
#include <linux/mm.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/slab.h>

struct cam_mapping {
	struct vm_area_struct *vma;
	struct list_head list;
};

struct cam {
	struct cdev cdev;
	struct mutex lock;
	struct list_head mappings;
	bool gone;
	unsigned long first_pfn;
};

static void cam_zap(struct cam *cam)
{
	struct cam_mapping *m;

	mutex_lock(&cam->lock);
	cam->gone = true;
	list_for_each_entry(m, &cam->mappings, list)
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
	mutex_unlock(&cam->lock);
}

void cam_unplug(struct cam *cam)
{
	cam_zap(cam);
}

static void cam_vm_close(struct vm_area_struct *vma)
{
	struct cam *cam = vma->vm_private_data;
	struct cam_mapping *m, *tmp;

	mutex_lock(&cam->lock);
	list_for_each_entry_safe(m, tmp, &cam->mappings, list) {
		if (m->vma == vma) {
			list_del(&m->list);
			kfree(m);
		}
	}
	mutex_unlock(&cam->lock);
}

static vm_fault_t cam_vm_fault(struct vm_fault *vmf)
{
	struct cam *cam = vmf->vma->vm_private_data;
	struct cam_mapping *m;

	mutex_lock(&cam->lock);
	if (cam->gone) {
		mutex_unlock(&cam->lock);
		return VM_FAULT_SIGBUS;
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m) {
		mutex_unlock(&cam->lock);
		return VM_FAULT_OOM;
	}
	m->vma = vmf->vma;
	list_add_tail(&m->list, &cam->mappings);
	if (remap_pfn_range(vmf->vma, vmf->vma->vm_start, cam->first_pfn,
			    vmf->vma->vm_end - vmf->vma->vm_start, vmf->vma->vm_page_prot)) {
		mutex_unlock(&cam->lock);
		return VM_FAULT_SIGBUS;
	}
	mutex_unlock(&cam->lock);
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct cam_vm_ops = {
	.close = cam_vm_close,
	.fault = cam_vm_fault,
};

static int cam_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &cam_vm_ops;
	return 0;
}

static int cam_open(struct inode *inode, struct file *file)
{
	struct cam *cam = container_of(inode->i_cdev, struct cam, cdev);

	file->private_data = cam;
	mutex_init(&cam->lock);
	INIT_LIST_HEAD(&cam->mappings);
	return 0;
}
