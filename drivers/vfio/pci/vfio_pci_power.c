// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power: the device's own power states, and runtime PM, which also powers down bridges above it.
 *
 * User space moves the device between D0 and D3hot through its power-management capability, and
 * lets the host suspend it by the low-power features.
 */
#include <linux/eventfd.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"

/*
 * Some devices reset themselves on the way from D3hot to D0 (No_Soft_Reset is clear).  Meanwhile
 * their configuration is kept in vdev->pm_save: a reset overwrites the PCI core's copy, and
 * pci_saved_state is the state at open.
 */
static int power_set_state(struct vfio_pci_core_device *vdev, pci_power_t state,
			   int (*set)(struct pci_dev *pdev, pci_power_t state))
{
	struct pci_dev *pdev = vdev->pdev;
	pci_power_t from = pdev->current_state;
	bool was_down = vfio_pci_is_down(from);
	bool save, restore;
	int ret;

	if (state != PCI_D0) {
		vfio_pci_core_assert_access_locked(vdev);
		/* VFs, whoever created them, do not work without their PF. */
		if (vfio_pci_has_vfs(vdev))
			return -EBUSY;
	}

	save = vdev->needs_pm_restore && !was_down && vfio_pci_is_down(state);
	restore = vdev->needs_pm_restore && was_down && state == PCI_D0;

	if (save)
		pci_save_state(pdev);

	ret = set(pdev, state);
	trace_vfio_pci_power_state(pdev, from, state, ret);
	if (ret)
		return ret;

	/* A quirk may have kept the device out of D3hot. */
	if (save && vfio_pci_is_down(pdev->current_state)) {
		/* Stale if the PCI core, before a reset, moved the device to D0. */
		kfree(vdev->pm_save);
		vdev->pm_save = pci_store_saved_state(pdev);
	} else if (restore) {
		pci_load_and_free_saved_state(pdev, &vdev->pm_save);
		pci_restore_state(pdev);
	}
	return 0;
}

/*
 * Needs exclusive access, or device_lock while the device is not registered yet.  For D0 it needs
 * device_lock in either case: see vfio_pci_power_lock_in_d0().
 */
int vfio_pci_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state)
{
	return power_set_state(vdev, state, pci_set_power_state);
}

struct power_up {
	struct vfio_pci_core_device	*vdev;
	bool				locked;
};

static int power_up_visit(struct pci_dev *pdev, void *data)
{
	struct power_up *up = data;

	if (pdev != up->vdev->pdev)
		return 0;

	up->locked = vfio_pci_access_trylock(up->vdev);
	if (up->locked)
		power_set_state(up->vdev, PCI_D0, pci_set_power_state_locked);
	return 1;
}

/*
 * As vfio_pci_core_access_lock(), with the device in D0, unless it does not go there.
 *
 * On the way to D0 the PCI core takes pci_bus_sem for read, to update ASPM.  Error recovery holds
 * pci_bus_sem while it waits for device_lock, which an external reset holds while it waits for
 * access_sem: a task that waits for pci_bus_sem with exclusive access closes the circle as soon as
 * a writer waits for pci_bus_sem.  So pci_bus_sem comes first, and below it exclusive access is
 * only tried.  pci_walk_bus() is how a module gets at pci_bus_sem.
 */
void vfio_pci_power_lock_in_d0(struct vfio_pci_core_device *vdev)
{
	struct power_up up = { .vdev = vdev };

	do {
		vfio_pci_core_access_lock(vdev);
		if (vdev->pdev->current_state == PCI_D0)
			return;
		vfio_pci_core_access_unlock(vdev);
		pci_walk_bus(vdev->pdev->bus, power_up_visit, &up);
	} while (!up.locked);
}

/* User space wrote the power state in the PM capability.  It reads back whether that worked. */
void vfio_pci_user_power_state(struct vfio_pci_core_device *vdev, pci_power_t state)
{
	if (state == PCI_D0)
		vfio_pci_power_lock_in_d0(vdev);
	else if (vfio_pci_is_down(state))
		vfio_pci_core_access_revoke(vdev);
	else
		vfio_pci_core_access_lock(vdev);

	if (state != PCI_D0 && state != vdev->pdev->current_state)
		vfio_pci_set_power_state(vdev, state);
	vfio_pci_intx_resync(vdev);
	vfio_pci_core_access_restore(vdev);
}

/*
 * Drops the runtime PM reference that an open device holds.  The calling ioctl holds another one;
 * once that is dropped the device may suspend.  @wakeup is consumed on success.
 */
static int power_enter_low(struct vfio_pci_core_device *vdev, struct eventfd_ctx *wakeup)
{
	int ret = 0;

	vfio_pci_core_access_revoke(vdev);
	if (vdev->pm_runtime_engaged) {
		ret = -EINVAL;
	} else {
		WRITE_ONCE(vdev->pm_wake_eventfd_ctx, wakeup);
		/* In this order: see rdwr_pm_get() in vfio_pci_rdwr.c. */
		WRITE_ONCE(vdev->pm_runtime_engaged, true);
		pm_runtime_put_noidle(&vdev->pdev->dev);
	}
	trace_vfio_pci_low_power(vdev->pdev, VFIO_PCI_TRACE_LOW_POWER_ENTRY, ret);
	vfio_pci_core_access_restore(vdev);

	return ret;
}

/* Take the reference back.  The device is active or in its resume callback. */
static void power_leave_low(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_assert_access_locked(vdev);

	if (!vdev->pm_runtime_engaged)
		return;

	pm_runtime_get_noresume(&vdev->pdev->dev);
	WRITE_ONCE(vdev->pm_runtime_engaged, false);
	trace_vfio_pci_low_power(vdev->pdev, VFIO_PCI_TRACE_LOW_POWER_EXIT, 0);

	if (vdev->pm_wake_eventfd_ctx) {
		eventfd_ctx_put(vdev->pm_wake_eventfd_ctx);
		WRITE_ONCE(vdev->pm_wake_eventfd_ctx, NULL);
	}
}

int vfio_pci_low_power_entry(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			     size_t argsz)
{
	int ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, 0);

	return ret == 1 ? power_enter_low(vdev, NULL) : ret;
}

int vfio_pci_low_power_entry_with_wakeup(struct vfio_pci_core_device *vdev, u32 flags,
					 void __user *arg, size_t argsz)
{
	struct vfio_device_low_power_entry_with_wakeup entry;
	struct eventfd_ctx *wakeup;
	int ret;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, sizeof(entry));
	if (ret != 1)
		return ret;

	if (copy_from_user(&entry, arg, sizeof(entry)))
		return -EFAULT;
	if (entry.wakeup_eventfd < 0)
		return -EINVAL;

	wakeup = eventfd_ctx_fdget(entry.wakeup_eventfd);
	if (IS_ERR(wakeup))
		return PTR_ERR(wakeup);

	ret = power_enter_low(vdev, wakeup);
	if (ret)
		eventfd_ctx_put(wakeup);
	return ret;
}

/* vfio.ko resumed the device for this ioctl; a wakeup may have ended low power already. */
int vfio_pci_low_power_exit(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			    size_t argsz)
{
	int ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, 0);

	if (ret != 1)
		return ret;

	vfio_pci_core_access_lock(vdev);
	power_leave_low(vdev);
	vfio_pci_core_access_restore(vdev);
	return 0;
}

/* At close: end low power, resume the device and move it to D0.  Restores no access. */
void vfio_pci_power_up(struct vfio_pci_core_device *vdev)
{
	if (READ_ONCE(vdev->pm_runtime_engaged)) {
		vfio_pci_core_access_lock(vdev);
		power_leave_low(vdev);
		vfio_pci_core_access_unlock(vdev);
	}

	/*
	 * Low power has ended and its reference is back.  A suspend may have seen a usage count of
	 * 0 before that, which only the runtime PM core can tell, so always resume.
	 */
	pm_runtime_resume(&vdev->pdev->dev);

	/* Locked: an external reset restores what pm_save holds as well. */
	vfio_pci_power_lock_in_d0(vdev);
	vfio_pci_core_access_unlock(vdev);
}

static int power_runtime_suspend(struct device *dev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);

	trace_vfio_pci_low_power(vdev->pdev, VFIO_PCI_TRACE_SUSPEND, 0);
	/*
	 * There is nothing to revoke: the device is closed, or entering low power revoked access.
	 *
	 * Suspend from D0: the PCI core saves the configuration now and restores it at resume.  A
	 * device that user space put in D3hot may have lost its configuration.
	 */
	vfio_pci_power_lock_in_d0(vdev);
	vfio_pci_core_access_restore(vdev);

	/* The handler would access a suspended device.  On resume unmask only if masked here. */
	vdev->pm_intx_masked = vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX &&
			       vfio_pci_intx_mask(vdev);
	return 0;
}

/* With a wakeup eventfd the first resume ends low power, whatever its cause. */
static int power_runtime_resume(struct device *dev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);

	trace_vfio_pci_low_power(vdev->pdev, VFIO_PCI_TRACE_RESUME, 0);
	/*
	 * The eventfd is set before the device can suspend.  Without one take no lock: the resuming
	 * task may hold pci_rescan_remove_lock (VF creation), which resets wait for.
	 */
	if (READ_ONCE(vdev->pm_wake_eventfd_ctx)) {
		vfio_pci_core_access_lock(vdev);
		if (vdev->pm_wake_eventfd_ctx) {
			eventfd_signal(vdev->pm_wake_eventfd_ctx);
			power_leave_low(vdev);
		}
		vfio_pci_core_access_restore(vdev);
	}

	if (vdev->pm_intx_masked)
		vfio_pci_intx_unmask(vdev);
	return 0;
}

static const struct dev_pm_ops vfio_pci_pm_ops = {
	RUNTIME_PM_OPS(power_runtime_suspend, power_runtime_resume, NULL)
};

/* From here on the device may suspend while it is unused, unless its driver forbids that. */
void vfio_pci_power_register(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct device *dev = &pdev->dev;
	u16 pmcsr;

	if (pdev->pm_cap) {
		pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &pmcsr);
		vdev->needs_pm_restore = !(pmcsr & PCI_PM_CTRL_NO_SOFT_RESET);
	}

	/* The PCI core does not know the power state of an unbound device; setting D0 tells it. */
	vfio_pci_set_power_state(vdev, PCI_D0);

	dev->driver->pm = &vfio_pci_pm_ops;
	pm_runtime_allow(dev);
	if (!vdev->disable_idle_d3)
		pm_runtime_put(dev);
}

void vfio_pci_power_unregister(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;

	if (!vdev->disable_idle_d3)
		pm_runtime_get_noresume(dev);

	pm_runtime_forbid(dev);
}
