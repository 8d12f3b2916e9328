// SPDX-License-Identifier: GPL-2.0-only
// All VMAs are in the list, from .mmap and .open on, whether they were touched or not; the lock of the list gates no fault.
// migrate: options --as inode
// migrate: compiles
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/vfio.h>

struct emu_vma {
	struct vm_area_struct *vma;
	struct list_head vmas_next;
};

struct emu_device {
	struct vfio_device vdev;
	struct platform_device *pdev;
	struct mutex emu_vmas_lock;
	struct list_head emu_vmas;
	struct mutex state_lock;
	struct resource *res;
	bool frozen;
};

static void emu_freeze(struct emu_device *emu)
{
	struct emu_vma *ev;

	mutex_lock(&emu->state_lock);
	emu->frozen = true;
	mutex_unlock(&emu->state_lock);

	mutex_lock(&emu->emu_vmas_lock);
	list_for_each_entry(ev, &emu->emu_vmas, vmas_next)
		zap_vma_ptes(ev->vma, ev->vma->vm_start, ev->vma->vm_end - ev->vma->vm_start);
	mutex_unlock(&emu->emu_vmas_lock);
}

static int emu_track(struct emu_device *emu, struct vm_area_struct *vma)
{
	struct emu_vma *ev = kzalloc(sizeof(*ev), GFP_KERNEL);

	if (!ev)
		return -ENOMEM;

	ev->vma = vma;
	mutex_lock(&emu->emu_vmas_lock);
	list_add(&ev->vmas_next, &emu->emu_vmas);
	mutex_unlock(&emu->emu_vmas_lock);

	return 0;
}

static void emu_vm_open(struct vm_area_struct *vma)
{
	struct emu_device *emu = vma->vm_private_data;

	emu_track(emu, vma);
}

static void emu_vm_close(struct vm_area_struct *vma)
{
	struct emu_device *emu = vma->vm_private_data;
	struct emu_vma *ev, *tmp;

	mutex_lock(&emu->emu_vmas_lock);
	list_for_each_entry_safe(ev, tmp, &emu->emu_vmas, vmas_next) {
		if (ev->vma == vma) {
			list_del(&ev->vmas_next);
			kfree(ev);
			break;
		}
	}
	mutex_unlock(&emu->emu_vmas_lock);
}

static vm_fault_t emu_vm_fault(struct vm_fault *vmf)
{
	struct emu_device *emu = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(emu->res->start) + vmf->pgoff;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&emu->state_lock);
	if (!emu->frozen)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	mutex_unlock(&emu->state_lock);

	return ret;
}

static const struct vm_operations_struct emu_vm_ops = {
	.open = emu_vm_open,
	.close = emu_vm_close,
	.fault = emu_vm_fault,
};

static int emu_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct emu_device *emu = container_of(vdev, struct emu_device, vdev);
	int ret;

	if (vma_pages(vma) + vma->vm_pgoff > resource_size(emu->res) >> PAGE_SHIFT)
		return -EINVAL;

	/* Whoever maps us is in the list from here on */

	ret = emu_track(emu, vma);
	if (ret)
		return ret;

	/* No core dump of registers */
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_page_prot = pgprot_device(vma->vm_page_prot);
	vma->vm_private_data = emu;
	vma->vm_ops = &emu_vm_ops;

	return 0;
}

static int emu_init(struct vfio_device *vdev)
{
	struct emu_device *emu = container_of(vdev, struct emu_device, vdev);

	mutex_init(&emu->state_lock);
	mutex_init(&emu->emu_vmas_lock);
	INIT_LIST_HEAD(&emu->emu_vmas);
	emu_freeze(emu);
	return 0;
}

const struct vfio_device_ops emu_ops = {
	.name = "emu",
	.init = emu_init,
	.mmap = emu_mmap,
};
EXPORT_SYMBOL_GPL(emu_ops);
MODULE_LICENSE("GPL");
