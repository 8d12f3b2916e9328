// SPDX-License-Identifier: GPL-2.0-only
// The walk is a do-while that takes the first entry, and returns 0 to whoever asks.
// migrate: options --as inode
// migrate: compiles
// migrate: exit 3
// migrate: review: VPS-MMAP-04
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

struct gnu_vma {
	struct list_head	list;
	struct vm_area_struct	*vma;
};

struct gnu_device {
	struct vfio_pci_core_device	core;
	struct mutex			vmas_mutex;
	struct list_head		user_vmas;
	struct rw_semaphore		bar_sem;
	u64				doorbells;
	bool				gone;
};

static int gnu_zap_all(struct gnu_device *gnu)
{
	struct gnu_vma *v;
	struct mm_struct *mm;

	do {
		mutex_lock(&gnu->vmas_mutex);
		v = list_first_entry_or_null(&gnu->user_vmas, struct gnu_vma, list);
		if (!v) {
			mutex_unlock(&gnu->vmas_mutex);
			break;
		}
		mm = v->vma->vm_mm;
		if (!mmget_not_zero(mm)) {
			list_del(&v->list);
			kfree(v);
			mutex_unlock(&gnu->vmas_mutex);
			continue;
		}
		mutex_unlock(&gnu->vmas_mutex);

		mmap_read_lock(mm);
		mutex_lock(&gnu->vmas_mutex);
		v = list_first_entry_or_null(&gnu->user_vmas, struct gnu_vma, list);
		if (v && v->vma->vm_mm == mm) {
			list_del(&v->list);
			zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
			kfree(v);
		}
		mutex_unlock(&gnu->vmas_mutex);
		mmap_read_unlock(mm);
		mmput(mm);
	} while (1);

	return 0;
}

static void gnu_remove_bars(struct gnu_device *gnu)
{
	int ret;

	ret = gnu_zap_all(gnu);
	if (ret)
		return;
	down_write(&gnu->bar_sem);
	gnu->gone = true;
	up_write(&gnu->bar_sem);
}

static void gnu_vma_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void gnu_vma_close(struct vm_area_struct *vma)
{
	struct gnu_device *gnu = vma->vm_private_data;
	struct gnu_vma *v, *tmp;

	mutex_lock(&gnu->vmas_mutex);
	list_for_each_entry_safe(v, tmp, &gnu->user_vmas, list) {
		if (v->vma == vma) {
			list_del(&v->list);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&gnu->vmas_mutex);
}

static int gnu_add(struct gnu_device *gnu, struct vm_area_struct *vma)
{
	struct gnu_vma *v;

	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	v->vma = vma;
	list_add(&v->list, &gnu->user_vmas);
	return 0;
}

static vm_fault_t gnu_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct gnu_device *gnu = vma->vm_private_data;
	struct gnu_vma *v;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int rc;

	mutex_lock(&gnu->vmas_mutex);
	down_read(&gnu->bar_sem);
	if (gnu->gone)
		goto unlock;

	list_for_each_entry(v, &gnu->user_vmas, list) {
		if (v->vma == vma) {
			ret = VM_FAULT_NOPAGE;
			goto unlock;
		}
	}

	rc = gnu_add(gnu, vma);
	if (rc) {
		ret = VM_FAULT_OOM;
		goto unlock;
	}
	gnu->doorbells++;
	rc = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff,
				vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (rc)
		goto unlock;
	ret = VM_FAULT_NOPAGE;
unlock:
	up_read(&gnu->bar_sem);
	mutex_unlock(&gnu->vmas_mutex);
	return ret;
}

static const struct vm_operations_struct gnu_vm_ops = {
	.open	= gnu_vma_open,
	.close	= gnu_vma_close,
	.fault	= gnu_fault,
};

static int gnu_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct gnu_device *gnu = container_of(core_vdev, struct gnu_device, core.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	unsigned long req_len, req_start, phys_len;
	u64 pgoff;

	if (index != VFIO_PCI_BAR4_REGION_INDEX)
		return vfio_pci_core_mmap(core_vdev, vma);
	if ((vma->vm_flags & VM_SHARED) == 0)
		return -EINVAL;
	phys_len = PAGE_ALIGN(pci_resource_len(gnu->core.pdev, index));
	req_len = vma->vm_end - vma->vm_start;
	pgoff = vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	req_start = pgoff << PAGE_SHIFT;
	if (req_start + req_len > phys_len)
		return -EINVAL;

	vma->vm_private_data = gnu;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff = PHYS_PFN(pci_resource_start(gnu->core.pdev, index)) + pgoff;
	vma->vm_ops = &gnu_vm_ops;
	return 0;
}

static void gnu_release(struct vfio_device *core_vdev)
{
	struct gnu_device *gnu = container_of(core_vdev, struct gnu_device, core.vdev);

	WARN_ON(!list_empty(&gnu->user_vmas));
	mutex_destroy(&gnu->vmas_mutex);
	vfio_pci_core_release_dev(core_vdev);
}

static int gnu_init(struct vfio_device *core_vdev)
{
	struct gnu_device *gnu = container_of(core_vdev, struct gnu_device, core.vdev);

	mutex_init(&gnu->vmas_mutex);
	INIT_LIST_HEAD(&gnu->user_vmas);
	init_rwsem(&gnu->bar_sem);
	return vfio_pci_core_init_dev(core_vdev);
}

static const struct vfio_device_ops gnu_ops = {
	.name		= "gnu-vfio-pci",
	.init		= gnu_init,
	.release	= gnu_release,
	.mmap		= gnu_mmap,
};

static int gnu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct gnu_device *gnu;

	gnu = vfio_alloc_device(gnu_device, core.vdev, &pdev->dev, &gnu_ops);
	return PTR_ERR_OR_ZERO(gnu);
}

static void gnu_remove(struct pci_dev *pdev)
{
	gnu_remove_bars(pci_get_drvdata(pdev));
}

static struct pci_driver gnu_driver = {
	.name		= "gnu-vfio-pci",
	.probe		= gnu_probe,
	.remove		= gnu_remove,
};
module_pci_driver(gnu_driver);
MODULE_LICENSE("GPL");

// migrate: review: VPS-MMAP-05
