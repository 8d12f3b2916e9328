// SPDX-License-Identifier: GPL-2.0-only
// Conditions of the preprocessor in the walk and around code beside it; entries made, with the lock
// taken in the helper, before the lock that gates faults; an int for results.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: asic_unmap() does more than zap (WRITE_ONCE): callers now hold rwsem when it runs
#include <linux/vfio.h>

struct asic_vma {
	struct list_head		list;
	struct vm_area_struct		*vma;
};

struct asic {
	struct vfio_device		vfio;
	struct mutex			vmas_mutex;
	struct list_head		vmas_list;
#ifdef CONFIG_ASIC_STATS
	u64				zaps;
#endif
	struct rw_semaphore		rwsem;
	phys_addr_t			bar;
};

void asic_do_reset(struct asic *asic);

static void asic_unmap(struct asic *asic)
{
	struct asic_vma *e, *n;
	struct mm_struct *mm;

#ifdef CONFIG_ASIC_STATS
	WRITE_ONCE(asic->zaps, asic->zaps + 1);
#endif
	while (1) {
		mm = NULL;
		mutex_lock(&asic->vmas_mutex);
		list_for_each_entry_safe(e, n, &asic->vmas_list, list) {
			mm = e->vma->vm_mm;
			if (mmget_not_zero(mm))
				break;
			list_del(&e->list);
			kfree(e);
			mm = NULL;
		}
		mutex_unlock(&asic->vmas_mutex);
		if (!mm)
			return;
#ifdef HAVE_MMAP_LOCK
		mmap_read_lock(mm);
#else
		down_read(&mm->mmap_sem);
#endif
		mutex_lock(&asic->vmas_mutex);
		list_for_each_entry_safe(e, n, &asic->vmas_list, list) {
			if (e->vma->vm_mm == mm) {
				zap_vma_ptes(e->vma, e->vma->vm_start,
					     e->vma->vm_end - e->vma->vm_start);
				list_del_init(&e->list);
				kfree(e);
			}
		}
		mutex_unlock(&asic->vmas_mutex);
#ifdef HAVE_MMAP_LOCK
		mmap_read_unlock(mm);
#else
		up_read(&mm->mmap_sem);
#endif
		mmput(mm);
	}
}

static int asic_track(struct asic *asic, struct vm_area_struct *vma)
{
	struct asic_vma *e;

	e = kmalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (e == NULL)
		return -ENOMEM;
	e->vma = vma;
	mutex_lock(&asic->vmas_mutex);
	list_add(&e->list, &asic->vmas_list);
	mutex_unlock(&asic->vmas_mutex);
	return 0;
}

static void asic_close(struct vm_area_struct *vma)
{
	struct asic *asic = vma->vm_private_data;
	struct asic_vma *e, *n;

	mutex_lock(&asic->vmas_mutex);
	list_for_each_entry_safe(e, n, &asic->vmas_list, list)
		if (e->vma == vma) {
			list_del(&e->list);
			kfree(e);
		}
	mutex_unlock(&asic->vmas_mutex);
}

static vm_fault_t asic_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct asic *asic = vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(asic->bar) + vma->vm_pgoff;
	int ret;

	ret = asic_track(asic, vma);
	if (ret)
		return VM_FAULT_OOM;

	down_read(&asic->rwsem);
#ifdef CONFIG_ASIC_POWER
	if (asic_is_off(asic)) {
		up_read(&asic->rwsem);
		return VM_FAULT_SIGBUS;
	}
#endif
	ret = io_remap_pfn_range(vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start,
				 vma->vm_page_prot);
	if (ret < 0) {
		up_read(&asic->rwsem);
		return VM_FAULT_SIGBUS;
	}
	up_read(&asic->rwsem);
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct asic_vm_ops = {
	.fault = asic_fault,
	.close = asic_close,
};

static int asic_mmap(struct vfio_device *vfio, struct vm_area_struct *vma)
{
	struct asic *asic = container_of(vfio, struct asic, vfio);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = asic;
	vma->vm_ops = &asic_vm_ops;
	return 0;
}

static void asic_reset(struct asic *asic)
{
	asic_unmap(asic);
	down_write(&asic->rwsem);
	asic_do_reset(asic);
	up_write(&asic->rwsem);
}
