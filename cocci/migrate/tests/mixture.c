// SPDX-License-Identifier: GPL-2.0-only
// BARs are zapped by unmap_mapping_range() already, the driver's own region by a list; a manual loop.
// migrate: options --as inode
// migrate: compiles
// migrate: exit 3
// migrate: review: VPS-MMAP-05
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

struct jay_vma {
	struct vm_area_struct *vma;
	struct list_head jay_link;
};

struct jay_device {
	struct vfio_pci_core_device core;
	struct address_space *bars;
	struct mutex jay_lock;
	struct list_head jay_vmas;
	phys_addr_t ring;
};

static void jay_zap_all(struct jay_device *jay)
{
	struct list_head *pos, *next;
	struct jay_vma *v;

	if (jay->bars)
		unmap_mapping_range(jay->bars, 0, VFIO_PCI_INDEX_TO_OFFSET(6), true);

	mutex_lock(&jay->jay_lock);
	for (pos = jay->jay_vmas.next; pos != &jay->jay_vmas; pos = next) {
		next = pos->next;
		v = list_entry(pos, struct jay_vma, jay_link);
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->jay_link);
		kfree(v);
	}
	mutex_unlock(&jay->jay_lock);
}

static long jay_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct jay_device *jay = container_of(vdev, struct jay_device, core.vdev);

	if (cmd == VFIO_DEVICE_RESET)
		jay_zap_all(jay);
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

static void jay_vm_close(struct vm_area_struct *vma)
{
	struct jay_device *jay = vma->vm_private_data;
	struct jay_vma *v;

	mutex_lock(&jay->jay_lock);
	list_for_each_entry(v, &jay->jay_vmas, jay_link) {
		if (v->vma == vma) {
			list_del(&v->jay_link);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&jay->jay_lock);
}

static vm_fault_t jay_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct jay_device *jay = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	struct jay_vma *v;

	v = kmalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return VM_FAULT_OOM;
	v->vma = vma;

	mutex_lock(&jay->jay_lock);
	down_read(&jay->core.memory_lock);
	if (remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start,
			    vma->vm_page_prot)) {
		ret = VM_FAULT_SIGBUS;
		kfree(v);
	} else {
		list_add(&v->jay_link, &jay->jay_vmas);
	}
	up_read(&jay->core.memory_lock);
	mutex_unlock(&jay->jay_lock);
	return ret;
}

static const struct vm_operations_struct jay_vm_ops = {
	.close = jay_vm_close,
	.fault = jay_fault,
};

static int jay_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct jay_device *jay = container_of(vdev, struct jay_device, core.vdev);

	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) < VFIO_PCI_NUM_REGIONS)
		return vfio_pci_core_mmap(vdev, vma);
	if (!(vma->vm_flags & VM_SHARED) || vma_pages(vma) != 1)
		return -EINVAL;

	vma->vm_pgoff = jay->ring >> PAGE_SHIFT;
	vma->vm_private_data = jay;
	vma->vm_ops = &jay_vm_ops;
	return 0;
}

static int jay_init(struct vfio_device *vdev)
{
	struct jay_device *jay = container_of(vdev, struct jay_device, core.vdev);

	mutex_init(&jay->jay_lock);
	INIT_LIST_HEAD(&jay->jay_vmas);
	return vfio_pci_core_init_dev(vdev);
}

const struct vfio_device_ops jay_ops = {
	.name = "jay",
	.init = jay_init,
	.ioctl = jay_ioctl,
	.mmap = jay_mmap,
};
EXPORT_SYMBOL_GPL(jay_ops);
MODULE_LICENSE("GPL");
