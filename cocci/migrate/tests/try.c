// SPDX-License-Identifier: GPL-2.0-only
// vfio-pci's own shape under other names: "try", a hot reset in two passes, an #ifdef in the fault
// handler, the lock order kept by callers, entries made in the handler itself.
// migrate: options --as sdk
// migrate: exit 3
// migrate: review: VPS-MMAP-04
#include <linux/vfio_pci_core.h>

struct gpu_vma_node {
	struct vm_area_struct	*vma;
	struct list_head	entry;
};

struct vfio_pci_core_device {
	struct vfio_device	vdev;
	struct pci_dev		*pdev;
	struct rw_semaphore	mem_sem;
	struct mutex		mmaps_mutex;
	struct list_head	mmaps_list;
};

/* Returns 1 with mmaps_mutex held, 0 on contention */
static int gpu_zap_and_lock(struct vfio_pci_core_device *vdev, bool try)
{
	struct gpu_vma_node *node, *tmp;

	while (1) {
		struct mm_struct *mm = NULL;

		if (try) {
			if (!mutex_trylock(&vdev->mmaps_mutex))
				return 0;
		} else {
			mutex_lock(&vdev->mmaps_mutex);
		}
		while (!list_empty(&vdev->mmaps_list)) {
			node = list_first_entry(&vdev->mmaps_list, struct gpu_vma_node, entry);
			mm = node->vma->vm_mm;
			if (mmget_not_zero(mm))
				break;
			list_del(&node->entry);
			kfree(node);
			mm = NULL;
		}
		if (!mm)
			return 1;
		mutex_unlock(&vdev->mmaps_mutex);

		if (try) {
			if (!down_read_trylock(&mm->mmap_sem)) {
				mmput(mm);
				return 0;
			}
		} else {
			down_read(&mm->mmap_sem);
		}
		if (mmget_still_valid(mm)) {
			if (try) {
				if (!mutex_trylock(&vdev->mmaps_mutex)) {
					up_read(&mm->mmap_sem);
					mmput(mm);
					return 0;
				}
			} else {
				mutex_lock(&vdev->mmaps_mutex);
			}
			list_for_each_entry_safe(node, tmp, &vdev->mmaps_list, entry) {
				struct vm_area_struct *vma = node->vma;

				if (vma->vm_mm != mm)
					continue;
				list_del(&node->entry);
				kfree(node);
				zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
			}
			mutex_unlock(&vdev->mmaps_mutex);
		}
		up_read(&mm->mmap_sem);
		mmput(mm);
	}
}

void gpu_revoke(struct vfio_pci_core_device *vdev)
{
	gpu_zap_and_lock(vdev, false);
	down_write(&vdev->mem_sem);
	mutex_unlock(&vdev->mmaps_mutex);
}

static void gpu_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void gpu_vma_close(struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = vma->vm_private_data;
	struct gpu_vma_node *node;

	mutex_lock(&vdev->mmaps_mutex);
	list_for_each_entry(node, &vdev->mmaps_list, entry) {
		if (node->vma == vma) {
			list_del(&node->entry);
			kfree(node);
			break;
		}
	}
	mutex_unlock(&vdev->mmaps_mutex);
}

static vm_fault_t gpu_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vma->vm_private_data;
	struct gpu_vma_node *node;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	int err;

	mutex_lock(&vdev->mmaps_mutex);
	down_read(&vdev->mem_sem);

	if (!__vfio_pci_memory_enabled(vdev)) {
		ret = VM_FAULT_SIGBUS;
		goto err_sem;
	}

#ifdef CONFIG_GPU_TRACE
	trace_gpu_fault(vdev, vmf->address);
#endif

	list_for_each_entry(node, &vdev->mmaps_list, entry) {
		if (node->vma == vma)
			goto err_sem;
	}

	node = kmalloc(sizeof(*node), GFP_KERNEL);
	if (!node) {
		ret = VM_FAULT_OOM;
		goto err_sem;
	}
	node->vma = vma;
	list_add(&node->entry, &vdev->mmaps_list);

	err = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff,
				 vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (err) {
		ret = VM_FAULT_SIGBUS;
		goto err_sem;
	}

err_sem:
	up_read(&vdev->mem_sem);
	mutex_unlock(&vdev->mmaps_mutex);
	return ret;
}

static const struct vm_operations_struct gpu_vma_ops = {
	.open = gpu_vma_open,
	.close = gpu_vma_close,
	.fault = gpu_vma_fault,
};

int gpu_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = container_of(core_vdev, struct vfio_pci_core_device, vdev);
	unsigned int bar = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 page;

	if (bar >= VFIO_PCI_ROM_REGION_INDEX)
		return -EINVAL;

	page = vma->vm_pgoff & ((1U << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	vma->vm_private_data = vdev;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(vdev->pdev, bar) >> PAGE_SHIFT) + page;
	vma->vm_ops = &gpu_vma_ops;
	return 0;
}

int gpu_hot_reset(struct vfio_device_set *set, struct pci_dev *pdev)
{
	struct vfio_pci_core_device *cur, *cur_vma, *cur_mem;
	bool locked = true;
	int ret;

	mutex_lock(&set->lock);
	cur_mem = list_first_entry(&set->device_list, struct vfio_pci_core_device, vdev.dev_set_list);

	list_for_each_entry(cur_vma, &set->device_list, vdev.dev_set_list) {
		if (!gpu_zap_and_lock(cur_vma, true)) {
			ret = -EBUSY;
			goto undo;
		}
	}
	cur_vma = NULL;

	list_for_each_entry(cur_mem, &set->device_list, vdev.dev_set_list) {
		if (!down_write_trylock(&cur_mem->mem_sem)) {
			ret = -EBUSY;
			goto undo;
		}
		mutex_unlock(&cur_mem->mmaps_mutex);
	}
	cur_mem = NULL;

	ret = pci_reset_bus(pdev);

undo:
	list_for_each_entry(cur, &set->device_list, vdev.dev_set_list) {
		if (cur == cur_mem)
			locked = false;
		if (cur == cur_vma)
			break;
		if (locked)
			up_write(&cur->mem_sem);
		else
			mutex_unlock(&cur->mmaps_mutex);
	}
	mutex_unlock(&set->lock);
	return ret;
}

void gpu_init(struct vfio_pci_core_device *vdev)
{
	mutex_init(&vdev->mmaps_mutex);
	INIT_LIST_HEAD(&vdev->mmaps_list);
	init_rwsem(&vdev->mem_sem);
}

// migrate: no compile: it has a struct vfio_pci_core_device of its own
// migrate: review: VPS-MMAP-05
// migrate: review: VPS-INPUT-02
// migrate: review: VPS-RST-01
