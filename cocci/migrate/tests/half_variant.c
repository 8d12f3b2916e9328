// SPDX-License-Identifier: GPL-2.0-only
/* A variant that tracks its own BAR: one path was moved to the new model by hand, the others were not. */
// migrate: options --as sdk
#include <linux/vfio_pci_core.h>

struct chough_vma {
	struct vm_area_struct *vma;
	struct list_head next;
};

struct chough {
	struct vfio_pci_core_device core;
	struct mutex vma_lock;
	struct list_head vma_list;
};

void chough_quiesce(struct chough *chough);
void chough_off(struct chough *chough);

static void chough_zap(struct chough *chough)
{
	struct chough_vma *m, *tmp;
	struct mm_struct *mm;

again:
	mm = NULL;
	mutex_lock(&chough->vma_lock);
	list_for_each_entry_safe(m, tmp, &chough->vma_list, next) {
		mm = m->vma->vm_mm;
		if (mmget_not_zero(mm))
			break;
		list_del(&m->next);
		kfree(m);
		mm = NULL;
	}
	mutex_unlock(&chough->vma_lock);
	if (!mm)
		return;
	mmap_read_lock(mm);
	mutex_lock(&chough->vma_lock);
	list_for_each_entry_safe(m, tmp, &chough->vma_list, next) {
		if (m->vma->vm_mm != mm)
			continue;
		zap_vma_ptes(m->vma, m->vma->vm_start, m->vma->vm_end - m->vma->vm_start);
		list_del(&m->next);
		kfree(m);
	}
	mutex_unlock(&chough->vma_lock);
	mmap_read_unlock(mm);
	mmput(mm);
	goto again;
}

static void chough_reset_prepare(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);
	struct chough *chough = container_of(core, struct chough, core);

	chough_zap(chough);
	down_write(&core->memory_lock);
	chough_quiesce(chough);
	up_write(&core->memory_lock);
}

static void chough_power(struct chough *chough)
{
	down_write(&chough->core.memory_lock);
	unmap_mapping_range(chough->core.vdev.inode->i_mapping, 0, 0, true);
	chough_off(chough);
	up_write(&chough->core.memory_lock);
}

static void chough_vma_close(struct vm_area_struct *vma)
{
	struct chough *chough = vma->vm_private_data;
	struct chough_vma *m;

	mutex_lock(&chough->vma_lock);
	list_for_each_entry(m, &chough->vma_list, next) {
		if (m->vma == vma) {
			list_del(&m->next);
			kfree(m);
			break;
		}
	}
	mutex_unlock(&chough->vma_lock);
}

static vm_fault_t chough_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct chough *chough = vma->vm_private_data;
	struct chough_vma *m;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&chough->vma_lock);
	down_read(&chough->core.memory_lock);
	if (chough->core.pm_runtime_engaged || !__vfio_pci_memory_enabled(&chough->core))
		goto out;
	list_for_each_entry(m, &chough->vma_list, next) {
		if (m->vma == vma) {
			ret = VM_FAULT_NOPAGE;
			goto out;
		}
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		kfree(m);
		goto out;
	}
	m->vma = vma;
	list_add(&m->next, &chough->vma_list);
	ret = VM_FAULT_NOPAGE;
out:
	up_read(&chough->core.memory_lock);
	mutex_unlock(&chough->vma_lock);
	return ret;
}

static const struct vm_operations_struct chough_vm_ops = {
	.close = chough_vma_close,
	.fault = chough_vma_fault,
};

static int chough_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct chough *chough = container_of(core_vdev, struct chough, core.vdev);
	struct pci_dev *pdev = chough->core.pdev;
	u64 pgoff = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	u64 len = vma->vm_end - vma->vm_start;

	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED) || (pgoff << PAGE_SHIFT) + len > pci_resource_len(pdev, 2))
		return -EINVAL;

	vma->vm_private_data = chough;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(pdev, 2) >> PAGE_SHIFT) + pgoff;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &chough_vm_ops;
	return 0;
}
