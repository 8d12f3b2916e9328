// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: a variant driver that resets its device by itself, in all the ways that drivers
 * written for upstream have (memory_lock held for write, zap, reset) and in those of this core.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>

#include <vfio_pci_sdk/check.h>

#include "selfreset.h"

static bool init_fails;
module_param(init_fails, bool, 0444);
MODULE_PARM_DESC(init_fails, "Declare many memory types, then fail .init");

struct selfreset_work {
	struct work_struct	work;
	struct pci_dev		*pdev;
	int			ret;
};

static void selfreset_worker(struct work_struct *work)
{
	struct selfreset_work *reset = container_of(work, struct selfreset_work, work);

	reset->ret = pci_try_reset_function(reset->pdev);
}

static int reset_by_worker(struct pci_dev *pdev)
{
	struct selfreset_work reset = { .pdev = pdev };

	INIT_WORK_ONSTACK(&reset.work, selfreset_worker);
	schedule_work(&reset.work);
	flush_work(&reset.work);
	destroy_work_on_stack(&reset.work);
	return reset.ret;
}

/* Memory that can be accessed is enabled, even while a reset waits for the end of the access. */
static int reset_while_accessing(struct vfio_pci_core_device *vdev)
{
	struct selfreset_work reset = { .pdev = vdev->pdev };
	bool enabled = true, waiting = false;

	if (vfio_pci_core_access_begin(vdev))
		return -EAGAIN;
	INIT_WORK_ONSTACK(&reset.work, selfreset_worker);
	schedule_work(&reset.work);
	while (work_busy(&reset.work) && enabled && !waiting) {
		msleep(20);
		waiting = READ_ONCE(vdev->external_reset);
		enabled = __vfio_pci_memory_enabled(vdev);
	}
	vfio_pci_core_access_end(vdev);
	flush_work(&reset.work);
	destroy_work_on_stack(&reset.work);
	return enabled ? reset.ret : -EIO;
}

static int reset_locked(struct pci_dev *pdev)
{
	int ret;

	if (!pci_dev_trylock(pdev))
		return -EAGAIN;
	pci_save_state(pdev);
	ret = __pci_reset_function_locked(pdev);
	pci_restore_state(pdev);
	pci_dev_unlock(pdev);
	return ret;
}

static void zap_bars(struct vfio_pci_core_device *vdev)
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		vfio_pci_core_zap_region(vdev, bar);
}

static int reset_guarded(struct vfio_pci_core_device *vdev)
{
	guard(rwsem_write)(&vdev->memory_lock);

	zap_bars(vdev);
	/* Claims the BAR, if this is the first use. */
	return PTR_ERR_OR_ZERO((__force void *)vfio_pci_core_get_iomap(vdev, 0)) ?:
	       pci_try_reset_function(vdev->pdev);
}

static int reset_as_upstream(struct vfio_pci_core_device *vdev, enum selfreset_how how)
{
	int ret = -EINVAL;

	down_write(&vdev->memory_lock);
	zap_bars(vdev);
	if (how == SELFRESET_TRY)
		ret = pci_try_reset_function(vdev->pdev);
	else if (how == SELFRESET_LOCKED)
		ret = reset_locked(vdev->pdev);
	else if (how == SELFRESET_BUS)
		ret = pci_reset_bus(vdev->pdev);
	else if (how == SELFRESET_WORKER)
		ret = reset_by_worker(vdev->pdev);
	up_write(&vdev->memory_lock);
	return ret;
}

static long selfreset_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret;

	if (cmd != SELFRESET)
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);

	switch (arg) {
	case SELFRESET_GUARD:
		return reset_guarded(vdev);
	case SELFRESET_CORE:
		return vfio_pci_core_reset_function(vdev);
	case SELFRESET_REVOKE:
		vfio_pci_core_access_revoke(vdev);
		ret = pci_try_reset_function(vdev->pdev);
		vfio_pci_core_access_restore(vdev);
		return ret;
	case SELFRESET_ACCESSING:
		return reset_while_accessing(vdev);
	default:
		return reset_as_upstream(vdev, arg);
	}
}

/* As upstream's drivers do it: memory_lock, then the core's function. */
static vm_fault_t selfreset_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	phys_addr_t at = pci_resource_start(vdev->pdev, 0) +
			 vfio_pci_core_vma_offset(vmf->vma, vmf->address);
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, PHYS_PFN(at), 0);
	up_read(&vdev->memory_lock);
	return ret;
}

static const struct vm_operations_struct selfreset_vm_ops = {
	.fault	= selfreset_fault,
};

static int selfreset_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	if (!ret && !vfio_pci_core_vma_index(vma))
		vma->vm_ops = &selfreset_vm_ops;
	return ret;
}

/* vfio.ko calls no .release for an .init that failed, so what the core's did must not leak. */
static int selfreset_init_dev(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	unsigned int i;
	int ret;

	ret = vfio_pci_core_init_dev(core_vdev);
	if (ret || !init_fails)
		return ret;
	for (i = 0; i < SELFRESET_RANGES && !ret; i++)
		ret = vfio_pci_core_set_memtype(vdev, 2, i * PAGE_SIZE, PAGE_SIZE,
						VFIO_PCI_MEMTYPE_UC, 0);
	return ret ?: -ENXIO;
}

DEFINE_VFIO_PCI_OPS(selfreset_ops,
	.name	= KBUILD_MODNAME,
	.init	= selfreset_init_dev,
	.ioctl	= selfreset_ioctl,
	.mmap	= selfreset_mmap,
);

static int selfreset_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &selfreset_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void selfreset_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id selfreset_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver selfreset_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= selfreset_table,
	.probe			= selfreset_probe,
	.remove			= selfreset_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(selfreset_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test module: a driver that resets its device in all ways");
