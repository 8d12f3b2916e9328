// SPDX-License-Identifier: GPL-2.0-only
// A walk that returns 0 or an error, by which a reset of one device and of several gives up.
// migrate: options --as inode
#include <linux/vfio.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

struct pochard_vma { struct list_head next; struct vm_area_struct *vma; };

struct pochard_dev {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	struct mutex vma_lock;
	struct list_head vma_list;
	struct rw_semaphore memory_lock;
};

static int pochard_zap_and_lock(struct pochard_dev *pochard, bool try)
{
	struct pochard_vma *v, *n;
	struct mm_struct *mm;

	while (1) {
		mm = NULL;
		if (try) {
			if (!mutex_trylock(&pochard->vma_lock))
				return -EBUSY;
		} else {
			mutex_lock(&pochard->vma_lock);
		}
		while (!list_empty(&pochard->vma_list)) {
			v = list_first_entry(&pochard->vma_list, struct pochard_vma, next);
			mm = v->vma->vm_mm;
			if (mmget_not_zero(mm))
				break;
			list_del(&v->next);
			kfree(v);
			mm = NULL;
		}
		if (!mm)
			return 0;
		mutex_unlock(&pochard->vma_lock);
		mmap_read_lock(mm);
		mutex_lock(&pochard->vma_lock);
		list_for_each_entry_safe(v, n, &pochard->vma_list, next) {
			if (v->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
			list_del(&v->next);
			kfree(v);
		}
		mutex_unlock(&pochard->vma_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

static int pochard_try_reset(struct pochard_dev *pochard)
{
	int ret;

	ret = pochard_zap_and_lock(pochard, true);
	if (ret)
		return ret;
	down_write(&pochard->memory_lock);
	mutex_unlock(&pochard->vma_lock);
	ret = pci_try_reset_function(pochard->pdev);
	up_write(&pochard->memory_lock);
	return ret;
}

static int pochard_hot(struct pochard_dev **all, int n)
{
	int i, ret = 0;

	for (i = 0; i < n; i++) {
		if (pochard_zap_and_lock(all[i], true)) {
			ret = -EBUSY;
			goto undo;
		}
		if (!down_write_trylock(&all[i]->memory_lock)) {
			mutex_unlock(&all[i]->vma_lock);
			ret = -EAGAIN;
			goto undo;
		}
		mutex_unlock(&all[i]->vma_lock);
	}
	ret = pci_reset_bus(all[0]->pdev);
undo:
	while (i--)
		up_write(&all[i]->memory_lock);
	return ret;
}

static void pochard_quiesce(struct pochard_dev *pochard)
{
	pochard_zap_and_lock(pochard, false);
	down_write(&pochard->memory_lock);
	mutex_unlock(&pochard->vma_lock);
}

static int pochard_add(struct pochard_dev *pochard, struct vm_area_struct *vma)
{
	struct pochard_vma *v = kmalloc(sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	v->vma = vma;
	list_add(&v->next, &pochard->vma_list);
	return 0;
}

static void pochard_close(struct vm_area_struct *vma)
{
	struct pochard_dev *pochard = vma->vm_private_data;
	struct pochard_vma *v;

	mutex_lock(&pochard->vma_lock);
	list_for_each_entry(v, &pochard->vma_list, next) {
		if (v->vma == vma) {
			list_del(&v->next);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&pochard->vma_lock);
}

static vm_fault_t pochard_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct pochard_dev *pochard = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&pochard->vma_lock);
	down_read(&pochard->memory_lock);
	if (pochard_add(pochard, vma)) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
out:
	up_read(&pochard->memory_lock);
	mutex_unlock(&pochard->vma_lock);
	return ret;
}

static const struct vm_operations_struct pochard_vm_ops = { .close = pochard_close, .fault = pochard_fault };

static int pochard_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct pochard_dev *pochard = container_of(core_vdev, struct pochard_dev, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_private_data = pochard;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff += pci_resource_start(pochard->pdev, 0) >> PAGE_SHIFT;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &pochard_vm_ops;
	return 0;
}
