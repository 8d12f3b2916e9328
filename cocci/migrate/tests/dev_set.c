// SPDX-License-Identifier: GPL-2.0-only
// A hot reset over the device set; list and lock in a struct without a name; .mmap counts before it sets up.
// migrate: options --as inode
// migrate: note: smew_vm_close() does more than maintain the list
#include <linux/vfio.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

struct smew_map { struct vm_area_struct *vma; struct list_head node; };

struct smew {
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

static bool smew_zap_lock(struct smew *smew, bool nonblock)
{
	struct smew_map *m, *tmp;
	struct mm_struct *mm;
again:
	if (nonblock) {
		if (!mutex_trylock(&smew->maps.lock))
			return false;
	} else {
		mutex_lock(&smew->maps.lock);
	}
	mm = NULL;
	list_for_each_entry_safe(m, tmp, &smew->maps.list, node) {
		if (!mm && mmget_not_zero(m->vma->vm_mm)) {
			mm = m->vma->vm_mm;
			break;
		}
		list_del(&m->node);
		kfree(m);
	}
	if (!mm)
		return true;
	mutex_unlock(&smew->maps.lock);
	if (nonblock) {
		if (!mmap_read_trylock(mm)) {
			mmput(mm);
			return false;
		}
	} else {
		mmap_read_lock(mm);
	}
	mutex_lock(&smew->maps.lock);
	list_for_each_entry_safe(m, tmp, &smew->maps.list, node) {
		struct vm_area_struct *vma = m->vma;

		if (vma->vm_mm == mm) {
			list_del(&m->node);
			kfree(m);
			zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		}
	}
	mutex_unlock(&smew->maps.lock);
	mmap_read_unlock(mm);
	mmput(mm);
	goto again;
}

static int smew_hot_reset(struct smew *smew)
{
	struct smew *cur, *lockcur = NULL, *zapcur = NULL;
	bool mem = true;
	int ret;

	mutex_lock(&smew->vdev.dev_set->lock);
	list_for_each_entry(cur, &smew->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (!smew_zap_lock(cur, true)) {
			zapcur = cur;
			ret = -EBUSY;
			goto undo;
		}
	}
	lockcur = NULL;
	list_for_each_entry(lockcur, &smew->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (!down_write_trylock(&lockcur->bar_sem)) {
			ret = -EBUSY;
			goto undo;
		}
		mutex_unlock(&lockcur->maps.lock);
	}
	lockcur = NULL;
	ret = pci_reset_bus(smew->pdev);
undo:
	list_for_each_entry(cur, &smew->vdev.dev_set->device_list, vdev.dev_set_list) {
		if (cur == lockcur)
			mem = false;
		if (cur == zapcur)
			break;
		if (mem)
			up_write(&cur->bar_sem);
		else
			mutex_unlock(&cur->maps.lock);
	}
	mutex_unlock(&smew->vdev.dev_set->lock);
	return ret;
}

static void smew_block(struct smew *smew)
{
	smew_zap_lock(smew, false);
	down_write(&smew->bar_sem);
	mutex_unlock(&smew->maps.lock);
}

static void smew_vm_close(struct vm_area_struct *vma)
{
	struct smew *smew = vma->vm_private_data;
	struct smew_map *m;

	mutex_lock(&smew->maps.lock);
	list_for_each_entry(m, &smew->maps.list, node)
		if (m->vma == vma) {
			list_del(&m->node);
			kfree(m);
			break;
		}
	mutex_unlock(&smew->maps.lock);
	WRITE_ONCE(smew->users, smew->users - 1);
}

static vm_fault_t smew_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct smew *smew = vma->vm_private_data;
	struct smew_map *m;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&smew->maps.lock);
	down_read(&smew->bar_sem);
	list_for_each_entry(m, &smew->maps.list, node)
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
		list_add(&m->node, &smew->maps.list);
	else
		kfree(m);
out:
	up_read(&smew->bar_sem);
	mutex_unlock(&smew->maps.lock);
	return ret;
}

static const struct vm_operations_struct smew_vm_ops = {
	.close = smew_vm_close,
	.fault = smew_vm_fault,
};

static int smew_mmap(struct vfio_device *core, struct vm_area_struct *vma)
{
	struct smew *smew = container_of(core, struct smew, vdev);
	u64 off = vma->vm_pgoff & ((1ULL << 28) - 1);
	int bar = vma->vm_pgoff >> 28;

	if (bar > 5)
		return -EINVAL;
	smew->users++;
	vma->vm_private_data = smew;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(smew->pdev, bar) >> PAGE_SHIFT) + off;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &smew_vm_ops;
	return 0;
}
