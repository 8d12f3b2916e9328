// SPDX-License-Identifier: GPL-2.0-only
// A variant with a list for a region of its own: .mmap calls its .open, the fault maps one page.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: VPS-MMAP-04
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

struct dabchick_mmap {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct dabchick_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	struct mutex mmap_mutex;
	struct list_head mmaps;
	phys_addr_t db_phys;
	size_t db_size;
	bool frozen;
};

static struct dabchick_vfio_pci_core_device *dabchick_drvdata(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core_device = dev_get_drvdata(&pdev->dev);

	return container_of(core_device, struct dabchick_vfio_pci_core_device, core_device);
}

static void dabchick_revoke(struct dabchick_vfio_pci_core_device *dabchick)
{
	struct dabchick_mmap *map;

	mutex_lock(&dabchick->mmap_mutex);
	dabchick->frozen = true;
	list_for_each_entry(map, &dabchick->mmaps, node)
		zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
	mutex_unlock(&dabchick->mmap_mutex);
}

static void dabchick_unfreeze(struct dabchick_vfio_pci_core_device *dabchick)
{
	mutex_lock(&dabchick->mmap_mutex);
	dabchick->frozen = false;
	mutex_unlock(&dabchick->mmap_mutex);
}

static vm_fault_t dabchick_db_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dabchick_vfio_pci_core_device *dabchick = vma->vm_private_data;
	unsigned long pgoff = (vmf->address - vma->vm_start) >> PAGE_SHIFT;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&dabchick->mmap_mutex);
	if (!dabchick->frozen)
		ret = vmf_insert_pfn(vma, vmf->address, PHYS_PFN(dabchick->db_phys) + pgoff);
	mutex_unlock(&dabchick->mmap_mutex);
	return ret;
}

static void dabchick_db_open(struct vm_area_struct *vma)
{
	struct dabchick_vfio_pci_core_device *dabchick = vma->vm_private_data;
	struct dabchick_mmap *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return;
	map->vma = vma;
	mutex_lock(&dabchick->mmap_mutex);
	list_add(&map->node, &dabchick->mmaps);
	mutex_unlock(&dabchick->mmap_mutex);
}

static void dabchick_db_close(struct vm_area_struct *vma)
{
	struct dabchick_vfio_pci_core_device *dabchick = vma->vm_private_data;
	struct dabchick_mmap *map, *tmp;

	mutex_lock(&dabchick->mmap_mutex);
	list_for_each_entry_safe(map, tmp, &dabchick->mmaps, node) {
		if (map->vma == vma) {
			list_del(&map->node);
			kfree(map);
		}
	}
	mutex_unlock(&dabchick->mmap_mutex);
}

static const struct vm_operations_struct dabchick_db_ops = {
	.open = dabchick_db_open,
	.close = dabchick_db_close,
	.fault = dabchick_db_fault,
};

static int dabchick_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct dabchick_vfio_pci_core_device *dabchick = container_of(core_vdev, struct dabchick_vfio_pci_core_device, core_device.vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 req_len = vma->vm_end - vma->vm_start;

	if (index != VFIO_PCI_BAR2_REGION_INDEX)
		return vfio_pci_core_mmap(core_vdev, vma);
	if (req_len > dabchick->db_size)
		return -EINVAL;

	vma->vm_private_data = dabchick;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &dabchick_db_ops;
	dabchick_db_open(vma);
	return 0;
}

static void dabchick_reset_prepare(struct pci_dev *pdev)
{
	dabchick_revoke(dabchick_drvdata(pdev));
}

static void dabchick_reset_done(struct pci_dev *pdev)
{
	dabchick_unfreeze(dabchick_drvdata(pdev));
}

static int dabchick_open_device(struct vfio_device *core_vdev)
{
	struct dabchick_vfio_pci_core_device *dabchick = container_of(core_vdev, struct dabchick_vfio_pci_core_device, core_device.vdev);
	int ret;

	ret = vfio_pci_core_enable(&dabchick->core_device);
	if (ret)
		return ret;
	dabchick->db_phys = pci_resource_start(dabchick->core_device.pdev, 2);
	dabchick->db_size = pci_resource_len(dabchick->core_device.pdev, 2);
	vfio_pci_core_finish_enable(&dabchick->core_device);
	return 0;
}

static int dabchick_init_dev(struct vfio_device *core_vdev)
{
	struct dabchick_vfio_pci_core_device *dabchick = container_of(core_vdev, struct dabchick_vfio_pci_core_device, core_device.vdev);

	mutex_init(&dabchick->mmap_mutex);
	INIT_LIST_HEAD(&dabchick->mmaps);
	return vfio_pci_core_init_dev(core_vdev);
}

static const struct vfio_device_ops dabchick_vfio_pci_ops = {
	.name = "dabchick-vfio-pci",
	.init = dabchick_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = dabchick_open_device,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = dabchick_vfio_pci_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static int dabchick_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct dabchick_vfio_pci_core_device *dabchick;
	int ret;

	dabchick = vfio_alloc_device(dabchick_vfio_pci_core_device, core_device.vdev, &pdev->dev, &dabchick_vfio_pci_ops);
	if (IS_ERR(dabchick))
		return PTR_ERR(dabchick);
	dev_set_drvdata(&pdev->dev, &dabchick->core_device);
	ret = vfio_pci_core_register_device(&dabchick->core_device);
	if (ret)
		vfio_put_device(&dabchick->core_device.vdev);
	return ret;
}

static void dabchick_remove(struct pci_dev *pdev)
{
	struct dabchick_vfio_pci_core_device *dabchick = dabchick_drvdata(pdev);

	vfio_pci_core_unregister_device(&dabchick->core_device);
	vfio_put_device(&dabchick->core_device.vdev);
}

static const struct pci_error_handlers dabchick_err = {
	.reset_prepare = dabchick_reset_prepare,
	.reset_done = dabchick_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static const struct pci_device_id dabchick_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1ded, 0x1001) },
	{ }
};
MODULE_DEVICE_TABLE(pci, dabchick_table);

static struct pci_driver dabchick_driver = {
	.name = KBUILD_MODNAME,
	.id_table = dabchick_table,
	.probe = dabchick_probe,
	.remove = dabchick_remove,
	.err_handler = &dabchick_err,
	.driver_managed_dma = true,
};
module_pci_driver(dabchick_driver);
MODULE_LICENSE("GPL");

// migrate: review: VPS-MMAP-05
// migrate: review: VPS-LIFE-01
