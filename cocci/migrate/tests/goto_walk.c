// SPDX-License-Identifier: GPL-2.0-only
// The zap returns with the lock that gates faults; a goto where others loop; guard(); a pfn that is stored nowhere;
// huge pages.
// migrate: options --as sdk --huge
// migrate: huge
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved for them
// migrate: review: VPS-MMAP-04
// migrate: review: VPS-MMAP-12
#include <linux/vfio_pci_core.h>

#define FOX_SHIFT 28
#define FOX_PAGE_MASK 0xffff

struct fox_mapping {
	struct vm_area_struct *vma;
	struct list_head entry;
};

struct fox_device {
	struct vfio_pci_core_device core;
	struct mutex mappings_lock;
	struct list_head mappings_list;
	struct rw_semaphore hw;
	phys_addr_t windows[4];
};

void fox_do_reset(struct fox_device *fox);

static void fox_zap_and_lock_hw(struct fox_device *fox)
{
	struct fox_mapping *m, *next;
	struct mm_struct *mm;

again:
	mm = NULL;
	mutex_lock(&fox->mappings_lock);
	list_for_each_entry_safe(m, next, &fox->mappings_list, entry) {
		mm = m->vma->vm_mm;
		if (mmget_not_zero(mm))
			break;
		list_del(&m->entry);
		kfree(m);
		mm = NULL;
	}
	if (mm) {
		mutex_unlock(&fox->mappings_lock);
		mmap_read_lock(mm);
		mutex_lock(&fox->mappings_lock);
		list_for_each_entry_safe(m, next, &fox->mappings_list, entry) {
			if (m->vma->vm_mm != mm)
				continue;
			zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
			list_del(&m->entry);
			kfree(m);
		}
		mutex_unlock(&fox->mappings_lock);
		mmap_read_unlock(mm);
		mmput(mm);
		goto again;
	}
	down_write(&fox->hw);
	mutex_unlock(&fox->mappings_lock);
}

static void fox_reset(struct fox_device *fox)
{
	fox_zap_and_lock_hw(fox);
	fox_do_reset(fox);
	up_write(&fox->hw);
}

static void fox_vma_close(struct vm_area_struct *vma)
{
	struct fox_device *fox = vma->vm_private_data;
	struct fox_mapping *m;

	guard(mutex)(&fox->mappings_lock);
	list_for_each_entry(m, &fox->mappings_list, entry) {
		if (m->vma == vma) {
			list_del(&m->entry);
			kfree(m);
			return;
		}
	}
}

static vm_fault_t fox_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct fox_device *fox = vma->vm_private_data;
	struct fox_mapping *m;
	unsigned long pfn;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&fox->mappings_lock);
	down_read(&fox->hw);

	list_for_each_entry(m, &fox->mappings_list, entry) {
		if (m->vma == vma)
			goto unlock;
	}

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m) {
		ret = VM_FAULT_OOM;
		goto unlock;
	}

	pfn = (fox->windows[(vma->vm_pgoff << PAGE_SHIFT) >> FOX_SHIFT] >> PAGE_SHIFT) +
	      (vma->vm_pgoff & FOX_PAGE_MASK);
	if (io_remap_pfn_range(vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		kfree(m);
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}

	m->vma = vma;
	list_add_tail(&m->entry, &fox->mappings_list);
unlock:
	up_read(&fox->hw);
	mutex_unlock(&fox->mappings_lock);
	return ret;
}

static const struct vm_operations_struct fox_vma_ops = {
	.close = fox_vma_close,
	.fault = fox_vma_fault,
};

static int fox_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct fox_device *fox = container_of(core_vdev, struct fox_device, core.vdev);

	vma->vm_private_data = fox;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_ops = &fox_vma_ops;
	return 0;
}

// migrate: review: VPS-MMAP-05
// migrate: review: VPS-INPUT-02
