// SPDX-License-Identifier: GPL-2.0-only
/*
 * all-ones-vfio-pci: a mapped BAR reads as ones while the device's memory is off, as on a bus where
 * no device answers.  The core alone would raise SIGBUS, of which a VMM dies.
 *
 * While memory is off, each fault maps one ordinary page, filled with ones.  A store goes to this
 * page instead of the device; to forget it, the page is unmapped and filled again REFILL_MS after
 * the first fault.  When memory is on again, access_restore() unmaps it and the core's faults are
 * back.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>

#include <vfio_pci_sdk/check.h>

#define REFILL_MS	10

struct all_ones_vfio_pci_core_device {
	struct vfio_pci_core_device	core_device;
	void				*page;
	/* Nests in mmap_lock and in exclusive access; under it only page tables are changed. */
	struct mutex			lock;
	bool				mapped;
	struct delayed_work		refill;
};

static struct all_ones_vfio_pci_core_device *to_all_ones(struct vfio_pci_core_device *vdev)
{
	return container_of(vdev, struct all_ones_vfio_pci_core_device, core_device);
}

/* After this no mapping shows the page, and no store is left in it. */
static void all_ones_unmap(struct all_ones_vfio_pci_core_device *ones)
{
	mutex_lock(&ones->lock);
	if (ones->mapped) {
		vfio_pci_core_zap_range(&ones->core_device,
					VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX),
					VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX));
		memset(ones->page, 0xff, PAGE_SIZE);
		ones->mapped = false;
	}
	mutex_unlock(&ones->lock);
}

static void all_ones_refill(struct work_struct *work)
{
	all_ones_unmap(container_of(to_delayed_work(work), struct all_ones_vfio_pci_core_device,
				    refill));
}

/*
 * Memory that is switched on after the check is so with exclusive access, which ends only after
 * access_restore() has waited for the lock and unmapped what is mapped here.
 */
static vm_fault_t all_ones_map(struct all_ones_vfio_pci_core_device *ones, struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = &ones->core_device;
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&ones->lock);
	/* On again since the core looked, if not off: the access finds it, or faults again. */
	if (READ_ONCE(vdev->pm_runtime_engaged) || !__vfio_pci_memory_enabled(vdev)) {
		/* Ordinary memory: not with the protection of the BAR. */
		ret = vmf_insert_pfn_prot(vma, vmf->address, PHYS_PFN(virt_to_phys(ones->page)),
					  vm_get_page_prot(vma->vm_flags));
		ones->mapped = true;
		schedule_delayed_work(&ones->refill, msecs_to_jiffies(REFILL_MS));
	}
	mutex_unlock(&ones->lock);
	return ret;
}

/* The mapping was made by the core, so SIGBUS has no other reason than memory that is off. */
static vm_fault_t all_ones_vfio_pci_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = vfio_pci_core_fault(vmf);

	if (ret != VM_FAULT_SIGBUS)
		return ret;
	return all_ones_map(to_all_ones(vfio_pci_core_vma_device(vmf->vma)), vmf);
}

static vm_fault_t all_ones_vfio_pci_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	vm_fault_t ret = vfio_pci_core_huge_fault(vmf, order);

	return ret == VM_FAULT_SIGBUS ? VM_FAULT_FALLBACK : ret;
}

static const struct vm_operations_struct all_ones_vfio_pci_vm_ops = {
	.fault		= all_ones_vfio_pci_fault,
	.huge_fault	= vm_ops_huge_fault(all_ones_vfio_pci_huge_fault),
};

static int all_ones_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret)
		vma->vm_ops = &all_ones_vfio_pci_vm_ops;
	return ret;
}

/* No mapping is left, but stores may be. */
static void all_ones_vfio_pci_close_device(struct vfio_device *core_vdev)
{
	struct all_ones_vfio_pci_core_device *ones =
		to_all_ones(container_of(core_vdev, struct vfio_pci_core_device, vdev));

	vfio_pci_core_close_device(core_vdev);
	cancel_delayed_work_sync(&ones->refill);
	all_ones_unmap(ones);
}

DEFINE_VFIO_PCI_OPS(all_ones_vfio_pci_ops,
	.name		= "all-ones-vfio-pci",
	.close_device	= all_ones_vfio_pci_close_device,
	.mmap		= all_ones_vfio_pci_mmap,
);

static void all_ones_vfio_pci_access_restore(struct vfio_pci_core_device *vdev)
{
	all_ones_unmap(to_all_ones(vdev));
}

static const struct vfio_pci_device_ops all_ones_vfio_pci_dev_ops = {
	.get_dmabuf_phys	= vfio_pci_core_get_dmabuf_phys,
	.access_restore		= all_ones_vfio_pci_access_restore,
};

static int all_ones_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct all_ones_vfio_pci_core_device *ones;
	int ret = -ENOMEM;

	ones = vfio_alloc_device(all_ones_vfio_pci_core_device, core_device.vdev, &pdev->dev,
				 &all_ones_vfio_pci_ops);
	if (IS_ERR(ones))
		return PTR_ERR(ones);

	mutex_init(&ones->lock);
	INIT_DELAYED_WORK(&ones->refill, all_ones_refill);
	ones->core_device.pci_ops = &all_ones_vfio_pci_dev_ops;
	dev_set_drvdata(&pdev->dev, &ones->core_device);
	ones->page = (void *)devm_get_free_pages(&pdev->dev, GFP_KERNEL, 0);
	if (ones->page) {
		memset(ones->page, 0xff, PAGE_SIZE);
		ret = vfio_pci_core_register_device(&ones->core_device);
	}
	if (ret)
		vfio_put_device(&ones->core_device.vdev);
	return ret;
}

static void all_ones_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver all_ones_vfio_pci_driver = {
	.name			= "all-ones-vfio-pci",
	.probe			= all_ones_vfio_pci_probe,
	.remove			= all_ones_vfio_pci_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(all_ones_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver whose BARs read as ones while the device's memory is off");
