// SPDX-License-Identifier: GPL-2.0-only
// A variant driver with a list of its own beside vfio-pci-core, whose lock gates its faults.
// migrate: options --as sdk
// migrate: exit 3
// migrate: review: dsp_mmap() computes the pfn without vm_pgoff
// migrate: review: VPS-MMAP-05
#include <linux/vfio_pci_core.h>

#define DSP_WINDOW_REGION 9

struct dsp_window {
	struct vm_area_struct *vma;
	struct list_head link;
};

struct dsp_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	struct mutex windows_lock;
	struct list_head windows;
	u64 window_base;
};

void dsp_hw_stop(struct dsp_vfio_pci_core_device *dsp);
bool dsp_is_stopped(struct dsp_vfio_pci_core_device *dsp);

static void dsp_zap_windows(struct dsp_vfio_pci_core_device *dsp)
{
	struct dsp_window *w, *next;

	mutex_lock(&dsp->windows_lock);
	list_for_each_entry_safe(w, next, &dsp->windows, link) {
		zap_vma_ptes(w->vma, w->vma->vm_start, w->vma->vm_end - w->vma->vm_start);
		list_del(&w->link);
		kfree(w);
	}
	mutex_unlock(&dsp->windows_lock);
}

static void dsp_stop(struct dsp_vfio_pci_core_device *dsp)
{
	dsp_zap_windows(dsp);
	down_write(&dsp->core_device.memory_lock);
	dsp_hw_stop(dsp);
	up_write(&dsp->core_device.memory_lock);
}

static void dsp_vma_close(struct vm_area_struct *vma)
{
	struct dsp_vfio_pci_core_device *dsp = vma->vm_private_data;
	struct dsp_window *w;

	mutex_lock(&dsp->windows_lock);
	list_for_each_entry(w, &dsp->windows, link) {
		if (w->vma == vma) {
			list_del(&w->link);
			kfree(w);
			break;
		}
	}
	mutex_unlock(&dsp->windows_lock);
}

static vm_fault_t dsp_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dsp_vfio_pci_core_device *dsp = vma->vm_private_data;
	struct dsp_window *w;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&dsp->windows_lock);
	down_read(&dsp->core_device.memory_lock);
	if (dsp_is_stopped(dsp))
		goto out;

	w = kmalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot)) {
		kfree(w);
		goto out;
	}
	w->vma = vma;
	list_add(&w->link, &dsp->windows);
	ret = VM_FAULT_NOPAGE;
out:
	up_read(&dsp->core_device.memory_lock);
	mutex_unlock(&dsp->windows_lock);
	return ret;
}

static const struct vm_operations_struct dsp_vma_ops = {
	.close = dsp_vma_close,
	.fault = dsp_vma_fault,
};

static int dsp_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct dsp_vfio_pci_core_device *dsp = container_of(
		core_vdev, struct dsp_vfio_pci_core_device, core_device.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	if (index != DSP_WINDOW_REGION)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	vma->vm_pgoff = PHYS_PFN(dsp->window_base);
	vma->vm_private_data = dsp;
	vma->vm_ops = &dsp_vma_ops;
	return 0;
}

// migrate: review: VPS-INPUT-02
