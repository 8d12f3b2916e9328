// SPDX-License-Identifier: GPL-2.0-only
// An rwsem guards the list, and the zap hangs on a condition.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot
// migrate: compiles
// migrate: review: VPS-MMAP-05
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sched/mm.h>
#include <linux/vfio_pci_core.h>

struct lux_mapping {
	struct list_head entry;
	struct vm_area_struct *area;
};

struct lux_vfio_pci_core_device {
	struct vfio_pci_core_device core;
	/* Protects @mappings; taken before core.memory_lock */
	struct rw_semaphore mappings_sem;
	struct list_head mappings;
	bool offline;
};

static void lux_revoke(struct lux_vfio_pci_core_device *lux)
{
	struct lux_mapping *map;

	down_read(&lux->mappings_sem);
	list_for_each_entry(map, &lux->mappings, entry)
		zap_vma_ptes(map->area, map->area->vm_start,
			     map->area->vm_end - map->area->vm_start);
	up_read(&lux->mappings_sem);
}

static void lux_set_offline(struct lux_vfio_pci_core_device *lux, bool offline)
{
	if (offline)
		lux_revoke(lux);
	down_write(&lux->core.memory_lock);
	lux->offline = offline;
	up_write(&lux->core.memory_lock);
}

static void lux_forget(struct vm_area_struct *vma)
{
	struct lux_vfio_pci_core_device *lux = vma->vm_private_data;
	struct lux_mapping *map, *next;

	down_write(&lux->mappings_sem);
	list_for_each_entry_safe(map, next, &lux->mappings, entry) {
		if (map->area != vma)
			continue;
		list_del(&map->entry);
		kfree(map);
		break;
	}
	up_write(&lux->mappings_sem);
}

static int lux_remember(struct lux_vfio_pci_core_device *lux, struct vm_area_struct *vma)
{
	struct lux_mapping *map = kmalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return -ENOMEM;
	map->area = vma;
	down_write(&lux->mappings_sem);
	list_add_tail(&map->entry, &lux->mappings);
	up_write(&lux->mappings_sem);
	return 0;
}

static void lux_vm_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static vm_fault_t lux_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct lux_vfio_pci_core_device *lux = vma->vm_private_data;
	struct lux_mapping *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	down_read(&lux->core.memory_lock);
	if (lux->offline) {
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}

	down_read(&lux->mappings_sem);
	list_for_each_entry(map, &lux->mappings, entry) {
		if (map->area == vma) {
			up_read(&lux->mappings_sem);
			goto unlock;
		}
	}
	up_read(&lux->mappings_sem);

	if (lux_remember(lux, vma)) {
		ret = VM_FAULT_OOM;
		goto unlock;
	}
	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			       vma->vm_page_prot))
		ret = VM_FAULT_SIGBUS;
unlock:
	up_read(&lux->core.memory_lock);
	return ret;
}

static const struct vm_operations_struct lux_vm_ops = {
	.open = lux_vm_open,
	.close = lux_forget,
	.fault = lux_vm_fault,
};

static int lux_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct lux_vfio_pci_core_device *lux =
		container_of(vdev, struct lux_vfio_pci_core_device, core.vdev);
	struct pci_dev *pdev = lux->core.pdev;
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 pgoff = vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);

	if (index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_core_mmap(vdev, vma);
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (((pgoff << PAGE_SHIFT) + vma->vm_end - vma->vm_start) > pci_resource_len(pdev, index))
		return -EINVAL;

	vma->vm_private_data = lux;
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_pgoff = (pci_resource_start(pdev, index) >> PAGE_SHIFT) + pgoff;
	vma->vm_ops = &lux_vm_ops;
	return 0;
}

static int lux_init_dev(struct vfio_device *vdev)
{
	struct lux_vfio_pci_core_device *lux =
		container_of(vdev, struct lux_vfio_pci_core_device, core.vdev);

	init_rwsem(&lux->mappings_sem);
	INIT_LIST_HEAD(&lux->mappings);
	lux_set_offline(lux, false);
	return vfio_pci_core_init_dev(vdev);
}

static const struct vfio_device_ops lux_ops = {
	.name = "lux-vfio-pci",
	.init = lux_init_dev,
	.mmap = lux_mmap,
};

static int lux_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct lux_vfio_pci_core_device *lux;

	lux = vfio_alloc_device(lux_vfio_pci_core_device, core.vdev, &pdev->dev, &lux_ops);
	return PTR_ERR_OR_ZERO(lux);
}

static struct pci_driver lux_driver = {
	.name = "lux-vfio-pci",
	.probe = lux_probe,
};
module_pci_driver(lux_driver);
MODULE_LICENSE("GPL");
