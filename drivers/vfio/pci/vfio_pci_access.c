// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to device memory: one predicate, one function to take it away, one to give it back.
 *
 * Two locks guard it.  memory_lock is the one that drivers know from upstream: accessors hold it
 * for read, whoever takes access away holds it for write.  Both take access_sem for read inside
 * it.  A reset initiated outside the core takes only access_sem, for write, and never waits for
 * memory_lock: its caller may be a driver that holds memory_lock, or a worker such a driver waits
 * for.  Conversely, access_sem is only ever tried under memory_lock; when that fails, memory_lock
 * is released before waiting for the end of the reset.  See docs/adr/0005-reset-lock.md.
 *
 * So "exclusive access" is memory_lock for write plus access_sem for read, or access_sem for
 * write; see vfio_pci_core_assert_access_locked().
 *
 * Code that makes memory untouchable, even for a moment, goes through vfio_pci_core_access_revoke()
 * and vfio_pci_core_access_restore().  Only this file knows what there is to revoke.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu-rwsem.h>
#include <linux/wait_bit.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"

/* A bus reset holds the semaphores of several devices, hence a lockdep class for each. */
struct access_sem {
	struct percpu_rw_semaphore	sem;
	struct lock_class_key		key;
};

static void access_sem_release(struct device *dev, void *res)
{
	struct access_sem *access = res;

	percpu_free_rwsem(&access->sem);
	lockdep_unregister_key(&access->key);
}

/*
 * Freed when the driver is unbound or its probe fails, not by the release callback: vfio.ko does
 * not call that for a driver whose .init fails after the core's.
 */
int vfio_pci_access_init(struct vfio_pci_core_device *vdev)
{
	struct access_sem *access;
	int ret;

	access = devres_alloc(access_sem_release, sizeof(*access), GFP_KERNEL);
	if (!access)
		return -ENOMEM;

	lockdep_register_key(&access->key);
	ret = __percpu_init_rwsem(&access->sem, "vfio_pci_core_device.access_sem", &access->key);
	if (ret) {
		lockdep_unregister_key(&access->key);
		devres_free(access);
		return ret;
	}

	devres_add(&vdev->pdev->dev, access);
	vdev->access_sem = &access->sem;
	init_rwsem(&vdev->memory_lock);
	return 0;
}

/**
 * __vfio_pci_memory_enabled - does the device decode memory accesses?
 * @vdev: an open device
 *
 * Reads the virtual COMMAND register: a device that resets itself loses the hardware bit; vconfig
 * holds what the user programmed.  A VF has no such bit and always decodes.  False while a reset
 * that was initiated outside the core has exclusive access, except in the callbacks of that reset.
 *
 * A reset that still waits for accessors does not count: between vfio_pci_core_access_begin() and
 * vfio_pci_core_access_end() the answer does not change.  With memory_lock alone, as in upstream's
 * drivers, it changes when such a reset begins.
 *
 * Context: any; memory_lock, unless a stale answer will do.
 * Return: true when memory decode is on and the power state allows it.
 */
bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev)
{
	struct task_struct *owner = READ_ONCE(vdev->access_owner);

	if (owner && owner != current && READ_ONCE(vdev->external_reset))
		return false;
	return vfio_pci_mem_decodes(vdev);
}
EXPORT_SYMBOL_GPL(__vfio_pci_memory_enabled);

/**
 * vfio_pci_core_mapping - the address space of a device
 * @vdev: the device
 *
 * Mappings that nobody has set up (vfio_pci_core_vma_setup()) belong to it; to zap, use
 * vfio_pci_core_zap_range() and vfio_pci_core_zap_region(), which find the others as well.
 *
 * Context: any.
 * Return: the address space; it lives as long as @vdev.
 */
struct address_space *vfio_pci_core_mapping(struct vfio_pci_core_device *vdev)
{
	return vfio_device_sdk_mapping(&vdev->vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_mapping);

/* A revoke waits for importers of dma-bufs, and those may take mmap_lock. */
static void access_assert_no_mmap_lock(void)
{
	if (current->mm)
		lockdep_assert_not_held(&current->mm->mmap_lock);
}

static noinline void access_zap_traced(struct vfio_pci_core_device *vdev, loff_t offset, u64 len,
				       unsigned long why)
{
	u64 begin = ktime_get_ns();

	vfio_pci_mapping_zap(vdev, offset, len);
	trace_vfio_pci_zap(vdev->pdev, offset, len, begin, why);
}

/* @why: the function that asked, for the trace. */
static void access_zap(struct vfio_pci_core_device *vdev, loff_t offset, u64 len, unsigned long why)
{
	might_sleep();
	access_assert_no_mmap_lock();
	/* A length of 0 would mean "to the end". */
	if (!len)
		return;
	if (trace_vfio_pci_zap_enabled())
		access_zap_traced(vdev, offset, len, why);
	else
		vfio_pci_mapping_zap(vdev, offset, len);
}

/**
 * vfio_pci_core_zap_range - unmap part of the device file from all processes
 * @vdev: the device
 * @offset: offset in the device file of the first byte, page aligned
 * @len: bytes, a page multiple; 0 does nothing
 *
 * The next access faults, and the fault handler decides.  To keep pages from coming back before
 * the caller is done, hold whatever lock the fault handler checks under: memory_lock for write for
 * the core's own handler.
 *
 * Context: process; sleeps; must not hold mmap_lock.
 */
void vfio_pci_core_zap_range(struct vfio_pci_core_device *vdev, loff_t offset, u64 len)
{
	access_zap(vdev, offset, len, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_zap_range);

/**
 * vfio_pci_core_zap_region - unmap one region from all processes
 * @vdev: the device
 * @index: VFIO_PCI_BAR0_REGION_INDEX to _BAR5_, or the index of a device-specific region
 *
 * Context: as vfio_pci_core_zap_range().
 */
void vfio_pci_core_zap_region(struct vfio_pci_core_device *vdev, unsigned int index)
{
	access_zap(vdev, VFIO_PCI_INDEX_TO_OFFSET(index), VFIO_PCI_INDEX_TO_OFFSET(1), _RET_IP_);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_zap_region);

/* Wait until no reset is in progress.  May sleep, so never with memory_lock held. */
static void access_wait_for_reset(struct vfio_pci_core_device *vdev)
{
	wait_var_event(&vdev->external_reset, !READ_ONCE(vdev->external_reset));
}

/*
 * The slow path of vfio_pci_access_read_lock(): memory_lock is held, but a reset holds access_sem
 * or waits for it.
 */
void vfio_pci_access_read_lock_slow(struct vfio_pci_core_device *vdev)
{
	do {
		up_read(&vdev->memory_lock);
		access_wait_for_reset(vdev);
		down_read(&vdev->memory_lock);
	} while (!percpu_down_read_trylock(vdev->access_sem));
}

/* The slow path of vfio_pci_access_read_lock_killable(): on -EINTR no lock is held. */
int vfio_pci_access_read_lock_slow_killable(struct vfio_pci_core_device *vdev)
{
	do {
		up_read(&vdev->memory_lock);
		if (wait_var_event_killable(&vdev->external_reset,
					    !READ_ONCE(vdev->external_reset)) ||
		    down_read_killable(&vdev->memory_lock))
			return -EINTR;
	} while (!percpu_down_read_trylock(vdev->access_sem));
	return 0;
}

/**
 * vfio_pci_core_access_begin - SDK: begin to touch device memory
 * @vdev: the device, open
 *
 * Until vfio_pci_core_access_end() device memory stays accessible, and no reset, power-down or
 * close of the device begins.  Takes memory_lock for read, and waits while access is being taken
 * away or a reset is in progress.  Not to be nested.  Between the two do not touch user memory, nor
 * wait for a task that may reset the device.
 *
 * Context: process; may sleep.  Callers may hold mmap_lock, but neither memory_lock nor
 * exclusive access to @vdev.
 * Return: 0, to be followed by vfio_pci_core_access_end(); -EIO if the device cannot be touched
 * now: memory decode is off, or the device is in low power or in D3hot.
 */
int vfio_pci_core_access_begin(struct vfio_pci_core_device *vdev)
{
	vfio_pci_access_read_lock(vdev);
	if (vfio_pci_mem_accessible(vdev))
		return 0;

	vfio_pci_access_read_unlock(vdev);
	return -EIO;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_begin);

/**
 * vfio_pci_core_access_end - SDK: end what vfio_pci_core_access_begin() began
 * @vdev: the device
 *
 * Context: the task that called vfio_pci_core_access_begin().
 */
void vfio_pci_core_access_end(struct vfio_pci_core_device *vdev)
{
	vfio_pci_access_read_unlock(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_end);

static void access_set_owner(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_assert_access_locked(vdev);

	WRITE_ONCE(vdev->access_owner, current);
}

static void access_call_revoke_hook(struct vfio_pci_core_device *vdev)
{
	/*
	 * A hot reset also revokes access to closed members of its set: their drivers have
	 * nothing to revoke.
	 */
	if (vdev->vconfig && vdev->pci_ops && vdev->pci_ops->access_revoke)
		vdev->pci_ops->access_revoke(vdev);
}

void vfio_pci_access_revoke_locked(struct vfio_pci_core_device *vdev, unsigned long why)
{
	vfio_pci_core_assert_access_locked(vdev);

	trace_vfio_pci_revoke(vdev->pdev, why);
	access_call_revoke_hook(vdev);
	access_zap(vdev, VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX),
		   VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX), why);
	vfio_pci_region_zap_revocable(vdev);
	vfio_pci_dma_buf_move(vdev, true);
}

static void access_restore_locked(struct vfio_pci_core_device *vdev)
{
	bool hook = vdev->pci_ops && vdev->pci_ops->access_restore;

	vfio_pci_core_assert_access_locked(vdev);

	if ((hook || vfio_pci_dma_buf_any(vdev)) && vfio_pci_mem_accessible(vdev)) {
		vfio_pci_dma_buf_move(vdev, false);
		if (hook)
			vdev->pci_ops->access_restore(vdev);
	}
	if (trace_vfio_pci_restore_enabled())
		trace_vfio_pci_restore(vdev->pdev, vfio_pci_mem_accessible(vdev));
}

/**
 * vfio_pci_core_access_lock - SDK: exclude all accessors without taking anything away
 * @vdev: the device
 *
 * For state of the driver that its fault handler and accessors check between
 * vfio_pci_core_access_begin() and vfio_pci_core_access_end().  Mappings stay; unmap with
 * vfio_pci_core_zap_range() whatever the new state forbids.  Takes memory_lock for write, after
 * waiting for a reset that is in progress.
 *
 * The calling task may reset the device by the PCI core's functions before it unlocks, but must
 * not wait for another task that does.  It must not touch user memory or use pci_user_*()
 * either: those wait for a reset that waits for this lock.
 *
 * Context: process; may sleep; neither mmap_lock nor memory_lock held.
 */
void vfio_pci_core_access_lock(struct vfio_pci_core_device *vdev)
{
	access_assert_no_mmap_lock();
	might_lock_read(vdev->access_sem);
	for (;;) {
		down_write(&vdev->memory_lock);
		if (likely(percpu_down_read_trylock(vdev->access_sem)))
			break;
		up_write(&vdev->memory_lock);
		access_wait_for_reset(vdev);
	}
	access_set_owner(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_lock);

/**
 * vfio_pci_core_access_unlock - SDK: let accessors in again
 * @vdev: the device
 *
 * Ends vfio_pci_core_access_lock() if nothing became accessible that was not before; otherwise use
 * vfio_pci_core_access_restore().
 *
 * Context: the task that locked; process.
 */
void vfio_pci_core_access_unlock(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_assert_access_locked(vdev);

	WRITE_ONCE(vdev->access_owner, NULL);
	percpu_up_read(vdev->access_sem);
	up_write(&vdev->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_unlock);

/**
 * vfio_pci_core_access_revoke - SDK: take device memory away from everyone
 * @vdev: the device
 *
 * Call it before anything that makes the device unusable, even briefly.  Calls the driver's
 * access_revoke hook, unmaps the BARs and the revocable regions from all processes, revokes
 * exported dma-bufs and waits for their importers.  Accessors wait until
 * vfio_pci_core_access_restore().  For a reset of the function there is
 * vfio_pci_core_reset_function().
 *
 * Context: as vfio_pci_core_access_lock().
 */
void vfio_pci_core_access_revoke(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_access_lock(vdev);
	vfio_pci_access_revoke_locked(vdev, _RET_IP_);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_revoke);

/* At close no mapping is left (each pins the device file), so this calls only the driver's hook. */
void vfio_pci_access_lock_closed(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_access_lock(vdev);
	access_call_revoke_hook(vdev);
}

/* As vfio_pci_core_access_lock(), but on contention does nothing and returns false. */
bool vfio_pci_access_trylock(struct vfio_pci_core_device *vdev)
{
	if (!down_write_trylock(&vdev->memory_lock))
		return false;
	if (!percpu_down_read_trylock(vdev->access_sem)) {
		up_write(&vdev->memory_lock);
		return false;
	}
	access_set_owner(vdev);
	return true;
}

/*
 * As vfio_pci_core_access_revoke(), for one of several devices: waiting for the second lock while
 * holding the first could deadlock with a task that takes them in the other order.
 */
bool vfio_pci_access_trylock_revoke(struct vfio_pci_core_device *vdev)
{
	if (!vfio_pci_access_trylock(vdev))
		return false;
	vfio_pci_access_revoke_locked(vdev, _RET_IP_);
	return true;
}

/**
 * vfio_pci_core_access_restore - SDK: give back what vfio_pci_core_access_revoke() took away
 * @vdev: the device
 *
 * Ends vfio_pci_core_access_revoke(), or vfio_pci_core_access_lock().  Mappings come back by
 * faults.  If the device is accessible, dma-buf importers and the driver, which cannot fault, are
 * notified here.
 *
 * Context: the task that revoked; process; may sleep.
 */
void vfio_pci_core_access_restore(struct vfio_pci_core_device *vdev)
{
	access_restore_locked(vdev);
	vfio_pci_core_access_unlock(vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_access_restore);

/*
 * As vfio_pci_core_access_revoke(), for resets initiated outside the core (sysfs, bus reset, a
 * driver that holds memory_lock).  Never waits for memory_lock.  device_lock is held until
 * vfio_pci_access_unlock_after_reset(), so there is one such reset at a time; a bus reset nests the
 * access_sems of several devices, in the order of their device_locks.
 */
void vfio_pci_access_lock_for_reset(struct vfio_pci_core_device *vdev)
{
	device_lock_assert(&vdev->pdev->dev);

	/* Set before a trylock of access_sem can fail: a task that fails waits on this flag. */
	WRITE_ONCE(vdev->external_reset, true);
	percpu_down_write(vdev->access_sem);
	access_set_owner(vdev);
	vfio_pci_access_revoke_locked(vdev, _RET_IP_);
}

void vfio_pci_access_unlock_after_reset(struct vfio_pci_core_device *vdev)
{
	access_restore_locked(vdev);
	WRITE_ONCE(vdev->access_owner, NULL);
	percpu_up_write(vdev->access_sem);
	WRITE_ONCE(vdev->external_reset, false);
	/* Pairs with the barrier in wait_var_event(). */
	smp_mb();
	wake_up_var(&vdev->external_reset);
}

/*
 * Make the device decode memory temporarily, whatever the user's COMMAND says, to read the ROM or
 * to program MSI-X.  Accessors are excluded, so nobody sees it.  Returns the COMMAND to restore.
 */
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev)
{
	u16 command;

	vfio_pci_core_access_lock(vdev);
	pci_read_config_word(vdev->pdev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MEMORY))
		pci_write_config_word(vdev->pdev, PCI_COMMAND, command | PCI_COMMAND_MEMORY);
	return command;
}

void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 command)
{
	pci_write_config_word(vdev->pdev, PCI_COMMAND, command);
	vfio_pci_core_access_unlock(vdev);
}
