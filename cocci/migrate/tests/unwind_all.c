// SPDX-License-Identifier: GPL-2.0-only
// A hot reset whose unwind does not stop at the device that could not be locked.
// migrate: options --as inode
// migrate: exit 3
// migrate: left: garganey_hot_reset() unlocks bar_sem of all devices, also of those after the one
#include <linux/vfio.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

struct garganey_map { struct vm_area_struct *vma; struct list_head node; };

struct garganey {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	struct {
		struct mutex lock;
		struct list_head list;
	} maps;
	struct rw_semaphore bar_sem;
	void __iomem *bar4;
	int users;
};

static bool garganey_zap_lock(struct garganey *garganey, bool nonblock)
{
	struct garganey_map *m, *tmp;
	struct mm_struct *mm;
again:
	if (nonblock) {
		if (!mutex_trylock(&garganey->maps.lock))
			return false;
	} else {
		mutex_lock(&garganey->maps.lock);
	}
	mm = NULL;
	list_for_each_entry_safe(m, tmp, &garganey->maps.list, node) {
		if (!mm && mmget_not_zero(m->vma->vm_mm)) {
			mm = m->vma->vm_mm;
			break;
		}
		list_del(&m->node);
		kfree(m);
	}
	if (!mm)
		return true;
	mutex_unlock(&garganey->maps.lock);
	if (nonblock) {
		if (!mmap_read_trylock(mm)) {
			mmput(mm);
			return false;
		}
	} else {
		mmap_read_lock(mm);
	}
	mutex_lock(&garganey->maps.lock);
	list_for_each_entry_safe(m, tmp, &garganey->maps.list, node) {
		struct vm_area_struct *vma = m->vma;

		if (vma->vm_mm == mm) {
			list_del(&m->node);
			kfree(m);
			zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		}
	}
	mutex_unlock(&garganey->maps.lock);
	mmap_read_unlock(mm);
	mmput(mm);
	goto again;
}

static int garganey_hot_reset(struct garganey *garganey)
{
	struct garganey *cur, *lockcur = NULL;
	bool mem = true;
	int ret;

	mutex_lock(&garganey->vdev.dev_set->lock);
	list_for_each_entry(cur, &garganey->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (!garganey_zap_lock(cur, true)) {
			lockcur = cur;
			mem = false;
			ret = -EBUSY;
			goto undo;
		}
	}
	lockcur = NULL;
	list_for_each_entry(lockcur, &garganey->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (!down_write_trylock(&lockcur->bar_sem)) {
			ret = -EBUSY;
			goto undo;
		}
		mutex_unlock(&lockcur->maps.lock);
	}
	lockcur = NULL;
	ret = pci_reset_bus(garganey->pdev);
undo:
	list_for_each_entry(cur, &garganey->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (cur == lockcur)
			mem = false;
		if (mem)
			up_write(&cur->bar_sem);
		else
			mutex_unlock(&cur->maps.lock);
	}
	mutex_unlock(&garganey->vdev.dev_set->lock);
	return ret;
}

static void garganey_block(struct garganey *garganey)
{
	garganey_zap_lock(garganey, false);
	down_write(&garganey->bar_sem);
	mutex_unlock(&garganey->maps.lock);
}

static void garganey_vm_close(struct vm_area_struct *vma)
{
	struct garganey *garganey = vma->vm_private_data;
	struct garganey_map *m;

	mutex_lock(&garganey->maps.lock);
	list_for_each_entry(m, &garganey->maps.list, node)
		if (m->vma == vma) {
			list_del(&m->node);
			kfree(m);
			break;
		}
	mutex_unlock(&garganey->maps.lock);
	WRITE_ONCE(garganey->users, garganey->users - 1);
}

static vm_fault_t garganey_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct garganey *garganey = vma->vm_private_data;
	struct garganey_map *m;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&garganey->maps.lock);
	down_read(&garganey->bar_sem);
	list_for_each_entry(m, &garganey->maps.list, node)
		if (m->vma == vma)
			goto out;
	m = kmalloc(sizeof(*m), GFP_KERNEL);
	if (!m) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	m->vma = vma;
	ret = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot) ?
		VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
	if (ret == VM_FAULT_NOPAGE)
		list_add(&m->node, &garganey->maps.list);
	else
		kfree(m);
out:
	up_read(&garganey->bar_sem);
	mutex_unlock(&garganey->maps.lock);
	return ret;
}

static const struct vm_operations_struct garganey_vm_ops = {
	.close = garganey_vm_close,
	.fault = garganey_vm_fault,
};

static int garganey_mmap(struct vfio_device *core, struct vm_area_struct *vma)
{
	struct garganey *garganey = container_of(core, struct garganey, vdev);
	u64 off = vma->vm_pgoff & ((1ULL << 28) - 1);
	int bar = vma->vm_pgoff >> 28;

	if (bar > 5)
		return -EINVAL;
	garganey->users++;
	vma->vm_private_data = garganey;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(garganey->pdev, bar) >> PAGE_SHIFT) + off;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &garganey_vm_ops;
	return 0;
}
