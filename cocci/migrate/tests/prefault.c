// SPDX-License-Identifier: GPL-2.0-only
// A fault inserts all pages of the VMA, in a loop that stays.
// migrate: options --as inode
// migrate: compiles
// migrate: exit 3
// migrate: review: VPS-MMAP-05
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sched/mm.h>
#include <linux/vfio_pci_core.h>

#define RAY_REGION	(VFIO_PCI_NUM_REGIONS)

struct ray_vma {
	struct vm_area_struct	*vma;
	struct list_head	list;
};

struct ray_vfio_pci_core_device {
	struct vfio_pci_core_device	core_device;
	struct mutex			mmap_mutex;
	struct list_head		mmap_list;
	phys_addr_t			mem_phys;
	u64				mem_len;
	u64				faults;
};

static void ray_zap(struct ray_vfio_pci_core_device *ray)
{
	struct ray_vma *v, *n;

	mutex_lock(&ray->mmap_mutex);
	list_for_each_entry_safe(v, n, &ray->mmap_list, list) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->list);
		kfree(v);
	}
	mutex_unlock(&ray->mmap_mutex);
}

static void ray_vm_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void ray_vm_close(struct vm_area_struct *vma)
{
	struct ray_vfio_pci_core_device *ray = vma->vm_private_data;
	struct ray_vma *v;

	mutex_lock(&ray->mmap_mutex);
	list_for_each_entry(v, &ray->mmap_list, list) {
		if (v->vma == vma) {
			list_del(&v->list);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&ray->mmap_mutex);
}

static int ray_add_vma(struct ray_vfio_pci_core_device *ray, struct vm_area_struct *vma)
{
	struct ray_vma *v;

	v = kmalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	v->vma = vma;
	list_add(&v->list, &ray->mmap_list);
	return 0;
}

static vm_fault_t ray_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct ray_vfio_pci_core_device *ray = vma->vm_private_data;
	unsigned long addr = vma->vm_start;
	unsigned long pfn = PHYS_PFN(ray->mem_phys);
	struct ray_vma *v;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	pfn += vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);

	mutex_lock(&ray->mmap_mutex);
	down_read(&ray->core_device.memory_lock);
	if (!pci_device_is_present(ray->core_device.pdev)) {
		ret = VM_FAULT_SIGBUS;
		goto up_out;
	}
	ray->faults++;

	list_for_each_entry(v, &ray->mmap_list, list) {
		if (v->vma == vma)
			goto up_out;
	}

	for (; addr < vma->vm_end; addr += PAGE_SIZE, pfn++) {
		ret = vmf_insert_pfn(vma, addr, pfn);
		if (ret & VM_FAULT_ERROR) {
			zap_vma_ptes(vma, vma->vm_start, addr - vma->vm_start);
			goto up_out;
		}
	}

	if (ray_add_vma(ray, vma)) {
		ret = VM_FAULT_OOM;
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	}

up_out:
	up_read(&ray->core_device.memory_lock);
	mutex_unlock(&ray->mmap_mutex);
	return ret;
}

static const struct vm_operations_struct ray_vm_ops = {
	.open	= ray_vm_open,
	.close	= ray_vm_close,
	.fault	= ray_vm_fault,
};

static int ray_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct ray_vfio_pci_core_device *ray = container_of(
		core_vdev, struct ray_vfio_pci_core_device, core_device.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 off = vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);

	if (index != RAY_REGION)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if ((off << PAGE_SHIFT) + (vma->vm_end - vma->vm_start) > ray->mem_len)
		return -EINVAL;

	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vma->vm_private_data = ray;
	vma->vm_ops = &ray_vm_ops;
	return 0;
}

static long ray_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct ray_vfio_pci_core_device *ray = container_of(
		core_vdev, struct ray_vfio_pci_core_device, core_device.vdev);

	if (cmd == VFIO_DEVICE_RESET) {
		ray_zap(ray);
		down_write(&ray->core_device.memory_lock);
		writel(0, ray->core_device.barmap[0]);
		up_write(&ray->core_device.memory_lock);
	}
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static int ray_init(struct vfio_device *core_vdev)
{
	struct ray_vfio_pci_core_device *ray = container_of(
		core_vdev, struct ray_vfio_pci_core_device, core_device.vdev);

	mutex_init(&ray->mmap_mutex);
	INIT_LIST_HEAD(&ray->mmap_list);
	return vfio_pci_core_init_dev(core_vdev);
}

static const struct vfio_device_ops ray_ops = {
	.name	= "ray-vfio-pci",
	.init	= ray_init,
	.ioctl	= ray_ioctl,
	.mmap	= ray_mmap,
};

static int ray_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ray_vfio_pci_core_device *ray;

	ray = vfio_alloc_device(ray_vfio_pci_core_device, core_device.vdev, &pdev->dev, &ray_ops);
	return PTR_ERR_OR_ZERO(ray);
}

static struct pci_driver ray_driver = {
	.name	= "ray-vfio-pci",
	.probe	= ray_probe,
};
module_pci_driver(ray_driver);
MODULE_LICENSE("GPL");
