// SPDX-License-Identifier: GPL-2.0-only
// A spinlock guards the list, whose entries are popped, zapped by a helper; the device is found in drvdata; a result
// made of an error by "?:".
// migrate: exit 0
// migrate: options --as inode
#include <linux/vfio.h>
#include <linux/pci.h>

struct ssd_vma {
	struct list_head	node;
	struct vm_area_struct	*vma;
};

struct ssd {
	struct vfio_device	vdev;
	struct pci_dev		*pdev;
	spinlock_t		vmas_guard;
	struct list_head	vmas_head;
	struct rw_semaphore	state_sem;
	bool			dead;
	resource_size_t		bar;
};

static void ssd_zap_one(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void ssd_revoke(struct pci_dev *pdev)
{
	struct ssd *ssd = pci_get_drvdata(pdev);
	struct ssd_vma *v;
	unsigned long flags;

	spin_lock_irqsave(&ssd->vmas_guard, flags);
	while (!list_empty(&ssd->vmas_head)) {
		v = list_first_entry(&ssd->vmas_head, struct ssd_vma, node);
		list_del_init(&v->node);
		spin_unlock_irqrestore(&ssd->vmas_guard, flags);
		ssd_zap_one(v->vma);
		kfree(v);
		spin_lock_irqsave(&ssd->vmas_guard, flags);
	}
	spin_unlock_irqrestore(&ssd->vmas_guard, flags);
}

static void ssd_error(struct pci_dev *pdev)
{
	struct ssd *ssd = pci_get_drvdata(pdev);

	ssd_revoke(pdev);
	down_write(&ssd->state_sem);
	ssd->dead = true;
	up_write(&ssd->state_sem);
}

static void ssd_vm_close(struct vm_area_struct *vma)
{
	struct ssd *ssd = vma->vm_private_data;
	struct ssd_vma *v, *n;
	unsigned long flags;

	spin_lock_irqsave(&ssd->vmas_guard, flags);
	list_for_each_entry_safe(v, n, &ssd->vmas_head, node) {
		if (v->vma == vma) {
			list_del(&v->node);
			kfree(v);
		}
	}
	spin_unlock_irqrestore(&ssd->vmas_guard, flags);
}

static vm_fault_t ssd_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct ssd *ssd = vma->vm_private_data;
	struct ssd_vma *v;
	unsigned long flags;
	vm_fault_t ret;
	int err;

	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return VM_FAULT_OOM;

	down_read(&ssd->state_sem);
	if (ssd->dead) {
		kfree(v);
		up_read(&ssd->state_sem);
		return VM_FAULT_SIGBUS;
	}
	v->vma = vma;
	spin_lock_irqsave(&ssd->vmas_guard, flags);
	list_add_tail(&v->node, &ssd->vmas_head);
	spin_unlock_irqrestore(&ssd->vmas_guard, flags);
	err = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
				 vma->vm_page_prot);
	ret = err ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
	up_read(&ssd->state_sem);
	return ret;
}

static const struct vm_operations_struct ssd_vm_ops = {
	.fault = ssd_vm_fault,
	.close = ssd_vm_close,
};

static int ssd_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct ssd *ssd = container_of(vdev, struct ssd, vdev);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_pgoff += ssd->bar >> PAGE_SHIFT;
	vma->vm_private_data = ssd;
	vma->vm_ops = &ssd_vm_ops;
	return 0;
}

static void ssd_setup(struct ssd *ssd)
{
	spin_lock_init(&ssd->vmas_guard);
	INIT_LIST_HEAD(&ssd->vmas_head);
	init_rwsem(&ssd->state_sem);
}
