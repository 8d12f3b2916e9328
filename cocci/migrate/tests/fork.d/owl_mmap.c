// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "owl_vfio.h"

/* Return 1 on zap and owl_vma_lock acquired, 0 on contention (only with @try) */
int owl_zap_and_vma_lock(struct owl_vfio_device *owl, bool try)
{
	struct owl_mmap_vma *mmap_vma, *tmp;

	while (1) {
		struct mm_struct *mm = NULL;

		if (try) {
			if (!mutex_trylock(&owl->owl_vma_lock))
				return 0;
		} else {
			owl_vma_lock_acquire(owl);
		}
		while (!list_empty(&owl->owl_vma_list)) {
			mmap_vma = list_first_entry(&owl->owl_vma_list, struct owl_mmap_vma, vma_next);
			mm = mmap_vma->vma->vm_mm;
			if (mmget_not_zero(mm))
				break;

			list_del(&mmap_vma->vma_next);
			kfree(mmap_vma);
			mm = NULL;
		}
		if (!mm)
			return 1;
		owl_vma_lock_release(owl);

		if (try) {
			if (!mmap_read_trylock(mm)) {
				mmput(mm);
				return 0;
			}
		} else {
			mmap_read_lock(mm);
		}
		owl_vma_lock_acquire(owl);
		list_for_each_entry_safe(mmap_vma, tmp, &owl->owl_vma_list, vma_next) {
			struct vm_area_struct *vma = mmap_vma->vma;

			if (vma->vm_mm != mm)
				continue;

			list_del(&mmap_vma->vma_next);
			kfree(mmap_vma);
			zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		}
		owl_vma_lock_release(owl);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}

void owl_zap_and_down_write(struct owl_vfio_device *owl)
{
	owl_zap_and_vma_lock(owl, false);
	down_write(&owl->owl_memory_lock);
	owl_vma_lock_release(owl);
}

/* Caller holds owl_vma_lock */
static int __owl_add_vma(struct owl_vfio_device *owl, struct vm_area_struct *vma)
{
	struct owl_mmap_vma *mmap_vma;

	mmap_vma = kmalloc(sizeof(*mmap_vma), GFP_KERNEL_ACCOUNT);
	if (!mmap_vma)
		return -ENOMEM;

	mmap_vma->vma = vma;
	list_add(&mmap_vma->vma_next, &owl->owl_vma_list);

	return 0;
}

static void owl_mmap_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void owl_mmap_close(struct vm_area_struct *vma)
{
	struct owl_vfio_device *owl = vma->vm_private_data;
	struct owl_mmap_vma *mmap_vma;

	owl_vma_lock_acquire(owl);
	list_for_each_entry(mmap_vma, &owl->owl_vma_list, vma_next) {
		if (mmap_vma->vma == vma) {
			list_del(&mmap_vma->vma_next);
			kfree(mmap_vma);
			break;
		}
	}
	owl_vma_lock_release(owl);
}

static vm_fault_t owl_mmap_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct owl_vfio_device *owl = vma->vm_private_data;
	struct owl_mmap_vma *mmap_vma;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	owl_vma_lock_acquire(owl);
	down_read(&owl->owl_memory_lock);

	if (owl->core_device.pdev->error_state == pci_channel_io_perm_failure) {
		ret = VM_FAULT_SIGBUS;
		goto up_out;
	}

	list_for_each_entry(mmap_vma, &owl->owl_vma_list, vma_next) {
		if (mmap_vma->vma == vma)
			goto up_out;
	}

	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		ret = VM_FAULT_SIGBUS;
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		goto up_out;
	}

	if (__owl_add_vma(owl, vma)) {
		ret = VM_FAULT_OOM;
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	}

up_out:
	up_read(&owl->owl_memory_lock);
	owl_vma_lock_release(owl);
	return ret;
}

static const struct vm_operations_struct owl_mmap_ops = {
	.open = owl_mmap_open,
	.close = owl_mmap_close,
	.fault = owl_mmap_fault,
};

int owl_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct owl_vfio_device *owl = container_of(core_vdev, struct owl_vfio_device, core_device.vdev);
	struct pci_dev *pdev = owl->core_device.pdev;
	unsigned int index;
	u64 phys_len, req_len, pgoff, req_start;
	int ret;

	index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	if (index >= VFIO_PCI_NUM_REGIONS + owl->core_device.num_regions)
		return -EINVAL;
	if (vma->vm_end < vma->vm_start)
		return -EINVAL;
	if ((vma->vm_flags & VM_SHARED) == 0)
		return -EINVAL;
	if (index >= VFIO_PCI_ROM_REGION_INDEX)
		return -EINVAL;

	phys_len = PAGE_ALIGN(pci_resource_len(pdev, index));
	req_len = vma->vm_end - vma->vm_start;
	pgoff = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	req_start = pgoff << PAGE_SHIFT;

	if (req_start + req_len > phys_len)
		return -EINVAL;

	if (!owl->core_device.barmap[index]) {
		ret = pci_request_selected_regions(pdev, 1 << index, "owl-vfio-pci");
		if (ret)
			return ret;

		owl->core_device.barmap[index] = pci_iomap(pdev, index, 0);
		if (!owl->core_device.barmap[index]) {
			pci_release_selected_regions(pdev, 1 << index);
			return -ENOMEM;
		}
	}

	vma->vm_private_data = owl;
#ifdef CONFIG_X86
	if (owl->wc && index == VFIO_PCI_BAR2_REGION_INDEX)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
#endif
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(pdev, index) >> PAGE_SHIFT) + pgoff;

	/*
	 * See remap_pfn_range(), called from owl_mmap_fault() but we can't
	 * change vm_flags within the fault handler.  Set them now.
	 */
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &owl_mmap_ops;

	return 0;
}
