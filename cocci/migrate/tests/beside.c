// SPDX-License-Identifier: GPL-2.0-only
// Code beside the walk, an entry allocated early and freed on errors, and someone else who reads the
// pfn out of vm_pgoff: changed, and named for review.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: nic_access() uses vm_pgoff: it is the offset in the file now, not a pfn
// migrate: review: nic_unmap() does more than zap (nic_quiesce): callers now hold sem when it runs
#include <linux/vfio.h>

struct nic_vma {
	struct vm_area_struct	*vma;
	struct list_head	next;
};

struct nic {
	struct vfio_device	vdev;
	struct resource		*bar;
	struct rw_semaphore	sem;
	struct mutex		nic_vma_lock;
	struct list_head	nic_vmas;
	int			faults;
};

void nic_quiesce(struct nic *nic);
bool nic_is_busy(struct nic *nic);
bool nic_is_awake(struct nic *nic);
void nic_hw_suspend(struct nic *nic);
int nic_copy(u64 phys, unsigned long offset, void *buf, int len, int write);

static void nic_unmap(struct nic *nic)
{
	struct nic_vma *v, *tmp;
	struct mm_struct *mm;

again:
	nic_quiesce(nic);
	while (true) {
		mutex_lock(&nic->nic_vma_lock);
		if (list_empty(&nic->nic_vmas)) {
			mutex_unlock(&nic->nic_vma_lock);
			break;
		}
		v = list_first_entry(&nic->nic_vmas, struct nic_vma, next);
		mm = v->vma->vm_mm;
		if (!mmget_not_zero(mm)) {
			list_del(&v->next);
			kfree(v);
			mutex_unlock(&nic->nic_vma_lock);
			continue;
		}
		mutex_unlock(&nic->nic_vma_lock);

		mmap_read_lock(mm);
		mutex_lock(&nic->nic_vma_lock);
		list_for_each_entry_safe(v, tmp, &nic->nic_vmas, next) {
			if (v->vma->vm_mm == mm) {
				zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
				list_del(&v->next);
				kfree(v);
			}
		}
		mutex_unlock(&nic->nic_vma_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
	if (nic_is_busy(nic))
		goto again;
}

static void nic_suspend(struct nic *nic)
{
	nic_unmap(nic);
	down_write(&nic->sem);
	nic_hw_suspend(nic);
	up_write(&nic->sem);
}

static int nic_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write)
{
	return nic_copy(vma->vm_pgoff << PAGE_SHIFT, addr - vma->vm_start, buf, len, write);
}

static void nic_vma_close(struct vm_area_struct *vma)
{
	struct nic *nic = vma->vm_private_data;
	struct nic_vma *v, *tmp;

	mutex_lock(&nic->nic_vma_lock);
	list_for_each_entry_safe(v, tmp, &nic->nic_vmas, next)
		if (v->vma == vma) {
			list_del(&v->next);
			kfree(v);
		}
	mutex_unlock(&nic->nic_vma_lock);
}

static vm_fault_t nic_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct nic *nic = vma->vm_private_data;
	struct nic_vma *v;
	vm_fault_t rc = VM_FAULT_SIGBUS;

	v = kzalloc(sizeof(struct nic_vma), GFP_KERNEL_ACCOUNT);
	if (!v)
		return VM_FAULT_OOM;

	mutex_lock(&nic->nic_vma_lock);
	down_read(&nic->sem);
	if (!nic_is_awake(nic))
		goto free;
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot)) {
		nic->faults++;
		goto free;
	}
	v->vma = vma;
	list_add_tail(&v->next, &nic->nic_vmas);
	rc = VM_FAULT_NOPAGE;
	goto unlock;

free:
	kfree(v);
unlock:
	up_read(&nic->sem);
	mutex_unlock(&nic->nic_vma_lock);
	return rc;
}

static const struct vm_operations_struct nic_vm_ops = {
	.close = nic_vma_close,
	.fault = nic_fault,
	.access = nic_access,
};

static int nic_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct nic *nic = container_of(vdev, struct nic, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_pgoff = PFN_DOWN(nic->bar->start) + vma->vm_pgoff;
	vma->vm_private_data = nic;
	vma->vm_ops = &nic_vm_ops;
	return 0;
}
