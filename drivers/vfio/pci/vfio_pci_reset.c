// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset of one function: on request, at open and close, and initiated outside the core.
 *
 * A PF whose VFs are enabled is reset neither here nor by a hot reset: that would disable the VFs
 * under their users.  See vfio_pci_has_vfs().
 */
#include <linux/export.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"

/* -EAGAIN would make callers retry at once; -EINVAL means that there is no reset. */
int vfio_pci_reset_refuse_with_vfs(struct vfio_pci_core_device *vdev)
{
	pci_info_ratelimited(vdev->pdev,
			     "reset refused, SR-IOV is enabled: write 0 to sriov_numvfs first\n");
	return -EBUSY;
}

/**
 * vfio_pci_core_reset_function - SDK: reset the function while it is in use
 * @vdev: the device, open
 *
 * What VFIO_DEVICE_RESET does: takes device memory away from everyone, resets, restores the
 * configuration and gives device memory back.  The driver's access_revoke, reset_prepare,
 * reset_done and access_restore are called, in this order, by the calling task and with exclusive
 * access.
 *
 * Context: process; sleeps, for seconds with some devices.  The device is runtime-active, as in
 * an ioctl.  None of device_lock, memory_lock, exclusive access and mmap_lock is held, nor any lock
 * that the callbacks named above take.
 * Return: 0; -EINVAL the function has no reset; -EBUSY a PF with VFs enabled; -EAGAIN another task
 * holds device_lock, for a reset for instance; another -errno.
 */
int vfio_pci_core_reset_function(struct vfio_pci_core_device *vdev)
{
	int ret;

	might_sleep();
	if (!vfio_pci_reset_supported(vdev->pdev))
		return -EINVAL;

	/* The PCI core does not restore what a device loses on the way from D3hot. */
	vfio_pci_power_lock_in_d0(vdev);
	vfio_pci_access_revoke_locked(vdev, _THIS_IP_);
	if (vfio_pci_has_vfs(vdev)) {
		ret = vfio_pci_reset_refuse_with_vfs(vdev);
	} else {
		ret = pci_try_reset_function(vdev->pdev);
		vfio_pci_intx_resync(vdev);
	}
	trace_vfio_pci_reset(vdev->pdev, VFIO_PCI_TRACE_RESET_FUNCTION, ret);
	vfio_pci_core_access_restore(vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_reset_function);

/*
 * At open, before anyone has access; takes the access lock nevertheless, so that reset_prepare has
 * nothing to do.  Fails only on contention: a device that cannot be reset is opened as it is, and
 * so is a PF with VFs.
 */
int vfio_pci_reset_at_open(struct vfio_pci_core_device *vdev)
{
	int ret = 0;

	vfio_pci_power_lock_in_d0(vdev);
	if (!vfio_pci_has_vfs(vdev)) {
		ret = pci_try_reset_function(vdev->pdev);
		trace_vfio_pci_reset(vdev->pdev, VFIO_PCI_TRACE_RESET_OPEN, ret);
	}
	vfio_pci_core_access_unlock(vdev);
	return ret == -EAGAIN ? ret : 0;
}

/**
 * vfio_pci_core_reset_prepare - SDK: take device memory away, for a reset initiated elsewhere
 * @pdev: a device whose driver data is a struct vfio_pci_core_device
 *
 * The reset_prepare callback of struct pci_error_handlers.  The administrator can reset a device
 * through sysfs, or with its bus, while it is open, and so can its own driver, by the PCI core's
 * functions: user space must not touch it meanwhile.  Does nothing if the calling task has
 * exclusive access already, as in the core's own resets.
 *
 * Waits for accessors, but not for memory_lock: the resetting task, or a task that waits for it,
 * may hold that.
 *
 * Context: process, device_lock held; sleeps; returns with exclusive access, which
 * vfio_pci_core_reset_done() releases.
 */
void vfio_pci_core_reset_prepare(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	might_sleep();
	if (vfio_pci_access_is_mine(vdev))
		return;

	vfio_pci_access_lock_for_reset(vdev);
	if (pdev->current_state != PCI_D0)
		vfio_pci_set_power_state(vdev, PCI_D0);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_reset_prepare);

/**
 * vfio_pci_core_reset_done - SDK: give back what vfio_pci_core_reset_prepare() took away
 * @pdev: a device whose driver data is a struct vfio_pci_core_device
 *
 * The reset_done callback of struct pci_error_handlers.  A driver with one of its own calls this
 * last, and sets reset_prepare as well.
 *
 * Context: process, device_lock held, exclusive access; releases that, unless the reset is the
 * core's own.
 */
void vfio_pci_core_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	might_sleep();
	device_lock_assert(&pdev->dev);
	vfio_pci_live_reset(vdev);
	if (!vdev->external_reset)
		return;

	vfio_pci_intx_resync(vdev);
	trace_vfio_pci_reset(pdev, VFIO_PCI_TRACE_RESET_EXTERNAL, 0);
	vfio_pci_access_unlock_after_reset(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_reset_done);

/*
 * At close, with the device in D0 and quiesced: reset it if possible, and restore the state saved
 * at open.  needs_reset remains set if there was no reset.  Restoring the state does not affect
 * enabled VFs.
 */
void vfio_pci_reset_at_close(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct pci_dev *bridge;

	vdev->needs_reset = true;

	if (pci_load_and_free_saved_state(pdev, &vdev->pci_saved_state)) {
		pci_info(pdev, "Couldn't reload saved state\n");
		if (!vfio_pci_reset_supported(pdev))
			return;
		pci_save_state(pdev);
	}

	/* No interrupts while the device comes back from the reset. */
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);

	/*
	 * Trylock only, to avoid ABBA with the caller's locks.  Not pci_try_reset_function(): it
	 * would overwrite the state loaded above.  Lock the bridge first: the reset may be one of
	 * its secondary bus.
	 */
	if (vfio_pci_reset_supported(pdev)) {
		bridge = pci_upstream_bridge(pdev);
		if (!bridge || pci_dev_trylock(bridge)) {
			if (pci_dev_trylock(pdev)) {
				if (!vfio_pci_has_vfs(vdev))
					vdev->needs_reset = __pci_reset_function_locked(pdev);
				pci_dev_unlock(pdev);
			}
			if (bridge)
				pci_dev_unlock(bridge);
		}
	}

	trace_vfio_pci_reset(pdev, VFIO_PCI_TRACE_RESET_CLOSE, vdev->needs_reset);
	pci_restore_state(pdev);
}

/*
 * The VFs of a PF are gone: do the reset that a close had to skip because of them.  The next
 * driver, which may be a host driver, must not find what a user programmed.  Called with the PF's
 * device_lock held, in D0.
 */
void vfio_pci_reset_owed(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(vdev->pdev);
	struct mutex *lock = &vdev->vdev.dev_set->lock;

	mutex_lock(lock);
	/* Trylock: device_lock is held, and the lock of the bridge is above it. */
	if (vdev->needs_reset && !vdev->vdev.open_count && (!bridge || pci_dev_trylock(bridge))) {
		vdev->needs_reset = pci_reset_function_locked(vdev->pdev);
		trace_vfio_pci_reset(vdev->pdev, VFIO_PCI_TRACE_RESET_OWED, vdev->needs_reset);
		if (bridge)
			pci_dev_unlock(bridge);
	}
	mutex_unlock(lock);
}
