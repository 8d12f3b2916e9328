// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life cycle of a device: the order in which its parts are set up and torn down.  What each part
 * does is in its own file: see docs/architecture.md.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"

/**
 * vfio_pci_core_init_dev - the .init callback: make a new device's fields usable
 * @core_vdev: the device, first member of a struct vfio_pci_core_device
 *
 * A driver with an .init of its own calls this first; afterwards it may set @nointxmask,
 * @disable_vga, @disable_idle_d3 and @pci_ops and declare memory types.
 *
 * Context: process, called by vfio_alloc_device().
 * Return: 0 or -errno.
 */
int vfio_pci_core_init_dev(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	int ret;

	vdev->pdev = to_pci_dev(core_vdev->dev);
	vdev->irq_type = VFIO_PCI_NUM_IRQS;
	mutex_init(&vdev->igate);
	mutex_init(&vdev->config_lock);
	mutex_init(&vdev->bars_lock);
	mutex_init(&vdev->ioeventfds_lock);
	spin_lock_init(&vdev->irqlock);
	xa_init(&vdev->ctx);
	INIT_LIST_HEAD(&vdev->memtypes);
	INIT_LIST_HEAD(&vdev->dummy_resources_list);
	INIT_LIST_HEAD(&vdev->ioeventfds_list);
	INIT_LIST_HEAD(&vdev->sriov_pfs_item);
	INIT_LIST_HEAD(&vdev->dmabufs);

	ret = vfio_pci_access_init(vdev);
	return ret ?: vfio_pci_dma_buf_init(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_init_dev);

/**
 * vfio_pci_core_release_dev - the .release callback: the last reference is gone
 * @core_vdev: the device
 *
 * Context: process.
 */
void vfio_pci_core_release_dev(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	/* Never initialised: registration was refused. */
	if (!vdev->pdev)
		return;

	vfio_pci_live_release(vdev);
	kfree(vdev->region);
	kfree(vdev->pm_save);
	mutex_destroy(&vdev->ioeventfds_lock);
	mutex_destroy(&vdev->bars_lock);
	mutex_destroy(&vdev->config_lock);
	mutex_destroy(&vdev->igate);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_release_dev);

/**
 * vfio_pci_core_register_device - make a device available to user space
 * @vdev: the device; its address must be the driver data of the PCI device, since error handlers
 *	and power management look it up there
 *
 * Callbacks younger than Linux 6.1 that the driver's ops do not have are filled in; the driver's
 * own table stays as it is.
 *
 * Context: process, in the PCI driver's probe.
 * Return: 0; -EINVAL wrong driver data, a bridge, or a callback missing that cannot be filled in,
 * which the kernel log names; -EBUSY a PF whose VFs exist already; another -errno.
 */
int vfio_pci_core_register_device(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	/* First: without an .init of its own a driver has no @pdev here. */
	ret = vfio_pci_ops_complete(vdev);
	if (ret)
		return ret;
	device_lock_assert(&pdev->dev);
	if (WARN_ON(pci_get_drvdata(pdev) != vdev) || pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return -EINVAL;

	/* We can neither bind these VFs to ourselves nor track their VF token users. */
	if (pci_num_vf(pdev)) {
		pci_warn(pdev, "Cannot bind to PF with SR-IOV enabled: write 0 to sriov_numvfs first\n");
		return -EBUSY;
	}

	ret = vfio_pci_assign_reset_set(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_vf_init(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_vga_init(vdev);
	if (ret)
		goto vf_uninit;

	ret = vfio_pci_live_register(vdev);
	if (ret)
		goto vga_uninit;

	vfio_pci_power_register(vdev);
	ret = vfio_register_group_dev(&vdev->vdev);
	if (ret)
		goto power_unregister;

	vfio_pci_debugfs_init(vdev);
	return 0;

power_unregister:
	vfio_pci_power_unregister(vdev);
	vfio_pci_live_unregister(vdev);
vga_uninit:
	vfio_pci_vga_uninit(vdev);
vf_uninit:
	vfio_pci_vf_uninit(vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_register_device);

/**
 * vfio_pci_core_unregister_device - take a device back from user space
 * @vdev: the device
 *
 * Waits until user space has closed it, asking through the request channel meanwhile.
 *
 * Context: process, in the PCI driver's remove.
 */
void vfio_pci_core_unregister_device(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_sriov_configure(vdev, 0);
	vfio_unregister_group_dev(&vdev->vdev);
	vfio_pci_live_unregister(vdev);
	vfio_pci_vf_uninit(vdev);
	vfio_pci_vga_uninit(vdev);
	vfio_pci_power_unregister(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_unregister_device);

/*
 * Devices whose INTx cannot be masked: DisINTx works but the status bit does not.  INTx is not
 * offered for them: the pin reads 0 and DisINTx stays set on the host.
 */
static bool core_intx_broken(const struct pci_dev *pdev)
{
	if (pdev->vendor != PCI_VENDOR_ID_INTEL)
		return false;

	switch (pdev->device) {
	case 0x1563:						/* X550 */
	case 0x1572: case 0x1574:				/* XL710, X710, XXV710 family */
	case 0x1580 ... 0x1581: case 0x1583 ... 0x158b:
	case 0x37d0 ... 0x37d2:
		return true;
	default:
		return false;
	}
}

static void core_probe_intx(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 command;

	if (!vdev->nointxmask && core_intx_broken(pdev)) {
		pci_info(pdev, "Masking broken INTx support\n");
		vdev->nointx = true;
		pci_intx(pdev, 0);
	} else if (!vdev->nointxmask) {
		vdev->pci_2_3 = pci_intx_mask_supported(pdev);
	}

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (vdev->pci_2_3 && command & PCI_COMMAND_INTX_DISABLE)
		pci_write_config_word(pdev, PCI_COMMAND, command & ~PCI_COMMAND_INTX_DISABLE);
}

static void core_probe_msix(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 flags;
	u32 table;

	vdev->msix_bar = 0xff;
	vdev->has_dyn_msix = false;
	if (!pdev->msix_cap)
		return;

	pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &flags);
	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table);
	vdev->msix_bar = table & PCI_MSIX_TABLE_BIR;
	vdev->msix_offset = table & PCI_MSIX_TABLE_OFFSET;
	vdev->msix_size = ((flags & PCI_MSIX_FLAGS_QSIZE) + 1) * PCI_MSIX_ENTRY_SIZE;
	vdev->has_dyn_msix = pci_msix_can_alloc_dyn(pdev);
}

static int core_enable(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	lockdep_assert_held(&vdev->vdev.dev_set->lock);

	ret = vfio_pci_vf_check_pf(vdev);
	if (ret)
		return ret;

	if (!vdev->disable_idle_d3) {
		ret = pm_runtime_resume_and_get(&pdev->dev);
		if (ret < 0)
			return ret;
	}

	/* Close restores the state saved below, in which the device must not do DMA. */
	pci_clear_master(pdev);
	ret = pci_enable_device(pdev);
	if (ret)
		goto power_put;

	ret = vfio_pci_reset_at_open(vdev);
	if (ret)
		goto disable;

	pci_save_state(pdev);
	vdev->pci_saved_state = pci_store_saved_state(pdev);
	if (!vdev->pci_saved_state)
		pci_dbg(pdev, "Couldn't store saved state\n");

	core_probe_intx(vdev);
	ret = vfio_pci_zdev_open_device(vdev);
	if (ret)
		goto free_state;
	ret = vfio_config_init(vdev);
	if (ret)
		goto free_config;

	core_probe_msix(vdev);
	vdev->has_vga = !vfio_pci_vga_disabled(vdev) && vfio_pci_is_vga(pdev);
	ret = vfio_pci_bars_map_declared(vdev);
	if (ret)
		goto free_config;
	vfio_pci_live_open(vdev);
	return 0;

free_config:
	vfio_pci_core_access_lock(vdev);
	vfio_config_free(vdev);
	vfio_pci_core_access_unlock(vdev);
	vfio_pci_zdev_close_device(vdev);
free_state:
	kfree(vdev->pci_saved_state);
	vdev->pci_saved_state = NULL;
disable:
	pci_disable_device(pdev);
power_put:
	if (!vdev->disable_idle_d3)
		pm_runtime_put(&pdev->dev);
	return ret;
}

/**
 * vfio_pci_core_enable - first half of open: power the device up, reset it, save its state
 * @vdev: the device
 *
 * BARs with declared memory types are claimed and mapped here, others at their first use.  A PF
 * with VFs is not reset.
 * To be followed, after the driver's own set-up, by vfio_pci_core_finish_enable(), or undone by
 * vfio_pci_core_disable().
 *
 * Context: process; dev_set->lock held, as in .open_device.
 * Return: 0; -EACCES no VF token, on a kernel whose vfio.ko does not ask for one with a character
 * device, or a VF whose PF belongs to another vfio core, unless allow_foreign_pf is set;
 * -EAGAIN another task holds device_lock; -EBUSY a memory type declared strict was not
 * granted; another -errno.
 */
int vfio_pci_core_enable(struct vfio_pci_core_device *vdev)
{
	int ret = core_enable(vdev);

	trace_vfio_pci_open(vdev->pdev, ret);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_enable);

/**
 * vfio_pci_core_finish_enable - second half of open: the device may be used
 * @vdev: the device, after vfio_pci_core_enable()
 *
 * Context: process; dev_set->lock held.
 */
void vfio_pci_core_finish_enable(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held(&vdev->vdev.dev_set->lock);

	vfio_pci_bars_probe_mmap(vdev);
	vfio_pci_eeh_open(vdev->pdev);
	vfio_pci_vf_token_use(vdev, true);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_finish_enable);

/**
 * vfio_pci_core_open_device - SDK: an .open_device for drivers without set-up of their own
 * @core_vdev: the device
 *
 * Context: process; dev_set->lock held.
 * Return: as vfio_pci_core_enable().
 */
int vfio_pci_core_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (!ret)
		vfio_pci_core_finish_enable(vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_open_device);

/**
 * vfio_pci_core_disable - undo vfio_pci_core_enable()
 * @vdev: the device, no longer in use
 *
 * Restores the state saved at open, resets the device, and resets the bus if this was the last open
 * device of its set.  A PF keeps its VFs and is reset when they are removed.
 *
 * Context: process; dev_set->lock held.
 */
void vfio_pci_core_disable(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	lockdep_assert_held(&vdev->vdev.dev_set->lock);

	/* Resets below need D0, and a reset of a device in D3 would lose what pm_save holds. */
	vfio_pci_power_up(vdev);
	vfio_pci_live_close(vdev);

	pci_clear_master(pdev);
	vfio_pci_irqs_disable(vdev);
	vfio_pci_ioeventfd_release_all(vdev);
	vdev->virq_disabled = false;
	vfio_pci_region_release_all(vdev);

	vfio_pci_access_lock_closed(vdev);
	vfio_config_free(vdev);
	vfio_pci_core_access_unlock(vdev);

	vfio_pci_bars_unmap(vdev);
	vfio_pci_zdev_close_device(vdev);
	vfio_pci_reset_at_close(vdev);
	pci_disable_device(pdev);
	vfio_pci_dev_set_try_reset(vdev->vdev.dev_set);
	trace_vfio_pci_close(pdev, vdev->needs_reset);

	if (!vdev->disable_idle_d3)
		pm_runtime_put(&pdev->dev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_disable);

/**
 * vfio_pci_core_close_device - the .close_device callback
 * @core_vdev: the device, opened
 *
 * A driver with a .close_device of its own undoes its set-up and then calls this.
 *
 * Context: process; dev_set->lock held.
 */
void vfio_pci_core_close_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	vfio_pci_vf_token_use(vdev, false);
	vfio_pci_eeh_release(vdev->pdev);
	vfio_pci_dma_buf_cleanup(vdev);
	vfio_pci_core_disable(vdev);
	vfio_pci_eventfds_release(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_close_device);

static int __init vfio_pci_core_init(void)
{
	vfio_pci_live_debugfs_init();
	return 0;
}
module_init(vfio_pci_core_init);

static void __exit vfio_pci_core_exit(void)
{
	vfio_pci_live_debugfs_exit();
	/* Eventfds freed after a grace period run our code. */
	rcu_barrier();
}
module_exit(vfio_pci_core_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("vfio-pci core on the address-space model, for variant drivers");
