// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: life cycle, and what a reset does to it.
 *
 * A reset arrives with memory_lock held for write, and a page fault on a BAR waits for that lock.
 * So a reset must not wait for a task that may touch user memory: it takes only a leaf spinlock of
 * this library and leaves a note.  The next task that takes live->lock acts on the note first, so
 * that no task sees the old state.  See docs/adr/0010-live-migration-locks.md.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/iova_bitmap.h>
#include <linux/jiffies.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "vfio_pci_access.h"
#include "vfio_pci_live_priv.h"

static void live_free(struct kref *ref)
{
	struct vfio_pci_live *live = container_of(ref, struct vfio_pci_live, ref);

	mutex_destroy(&live->lock);
	kfree(live);
}

void live_put(struct vfio_pci_live *live)
{
	kref_put(&live->ref, live_free);
}

/* Act on a note.  Returns true if there was one: the state may have changed, the session ended. */
bool live_settle(struct vfio_pci_live *live)
{
	enum live_note note;
	bool overtaken;

	lockdep_assert_held(&live->lock);

	if (!live_has_note(live))
		return false;

	spin_lock_irq(&live->note_lock);
	note = live->note;
	overtaken = live->overtaken;
	WRITE_ONCE(live->note, LIVE_NOTE_NONE);
	live->overtaken = false;
	spin_unlock_irq(&live->note_lock);

	if (!live->open)
		return false;

	if (note == LIVE_NOTE_RESET) {
		live->resets++;
		if (live->ops->reset)
			live->ops->reset(live->vdev);
	}
	live_stream_end(live);
	/* A callback changed the device during or after the reset: only another reset helps. */
	live_set(live, note == LIVE_NOTE_RESET && !overtaken ? VFIO_DEVICE_STATE_RUNNING :
							       VFIO_DEVICE_STATE_ERROR);
	return true;
}

static void live_work(struct work_struct *work)
{
	struct vfio_pci_live *live = container_of(work, struct vfio_pci_live, work);

	live_lock(live);
	live_unlock(live);
}

/* The note came first, so the callback is not called and the note has not overtaken it. */
int live_change_refused(struct vfio_pci_live *live)
{
	spin_lock_irq(&live->note_lock);
	WRITE_ONCE(live->caller, NULL);
	live->overtaken = false;
	spin_unlock_irq(&live->note_lock);
	return -EIO;
}

static void live_leave_note(struct vfio_pci_live *live, enum live_note note)
{
	unsigned long flags;

	spin_lock_irqsave(&live->note_lock, flags);
	/* A callback that resets the device itself expects the reset. */
	if (READ_ONCE(live->caller) != current || note != LIVE_NOTE_RESET) {
		WRITE_ONCE(live->note, note);
		/* Pairs with live_change_begin(): it sees the note, or its caller is seen here. */
		smp_mb();
		/* The latest note counts, unless a callback is still changing the device. */
		live->overtaken = !!READ_ONCE(live->caller);
	}
	spin_unlock_irqrestore(&live->note_lock, flags);

	schedule_work(&live->work);
}

/* The device was reset.  May be called with memory_lock held for write. */
void vfio_pci_live_reset(struct vfio_pci_core_device *vdev)
{
	if (vdev->live)
		live_leave_note(vdev->live, LIVE_NOTE_RESET);
}

/**
 * vfio_pci_live_fail - SDK: report that the device is unusable until it is reset
 * @vdev: a device with live migration
 *
 * The state becomes ERROR and a session in progress ends.  For a driver that cannot recover its
 * device after a failed callback, or that is notified of an error by an interrupt.
 *
 * Context: any, hard interrupts included.
 */
void vfio_pci_live_fail(struct vfio_pci_core_device *vdev)
{
	live_leave_note(vdev->live, LIVE_NOTE_FAILED);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_fail);

/* Before a callback for a data file: vfio.ko resumes the device for ioctls only. */
int live_call_begin(struct vfio_pci_live *live)
{
	struct pci_dev *pdev = live->vdev->pdev;

	lockdep_assert_held(&live->lock);

	if (pdev->error_state == pci_channel_io_perm_failure)
		return -ENODEV;
	return pm_runtime_resume_and_get(&pdev->dev);
}

void live_call_end(struct vfio_pci_live *live)
{
	pm_runtime_put(&live->vdev->pdev->dev);
}

/**
 * vfio_pci_live_access_begin - SDK: begin to access a device's registers in a callback
 * @vdev: the device
 * @bar: BAR of the registers
 *
 * Keeps user space out and makes the device decode memory, whatever the user's COMMAND says: a
 * device can be saved before its guest has enabled it.
 *
 * Context: process; returns with memory_lock held for write.  Keep it short: user space is blocked.
 * Return: the mapped BAR, until vfio_pci_live_access_end(); or an ERR_PTR(), which needs no end:
 *	-EIO the device is in D3hot or gone; or what vfio_pci_core_get_iomap() returned.
 */
void __iomem *vfio_pci_live_access_begin(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	void __iomem *io = vfio_pci_core_get_iomap(vdev, bar);

	if (IS_ERR(io))
		return io;
	vdev->live->command = vfio_pci_memory_lock_and_enable(vdev);
	if (!vfio_pci_is_down(vdev->pdev->current_state) &&
	    vdev->pdev->error_state != pci_channel_io_perm_failure)
		return io;

	vfio_pci_live_access_end(vdev);
	return IOMEM_ERR_PTR(-EIO);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_access_begin);

/**
 * vfio_pci_live_access_end - SDK: end vfio_pci_live_access_begin()
 * @vdev: the device
 *
 * Context: process; releases memory_lock.
 */
void vfio_pci_live_access_end(struct vfio_pci_core_device *vdev)
{
	vfio_pci_memory_unlock_and_restore(vdev, vdev->live->command);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_access_end);

/**
 * vfio_pci_live_wait - SDK: wait for the device in a callback
 * @vdev: the device
 * @bar: BAR of the registers
 * @done: looks at them, as between vfio_pci_live_access_begin() and its end; true ends the wait
 * @msecs: time limit
 *
 * Sleeps with memory_lock released, so that no fault and no reset waits for the device.
 *
 * Context: process; sleeps.
 * Return: 0; -ETIMEDOUT; or what vfio_pci_live_access_begin() returned.
 */
int vfio_pci_live_wait(struct vfio_pci_core_device *vdev, unsigned int bar,
		       bool (*done)(struct vfio_pci_core_device *vdev, void __iomem *io),
		       unsigned int msecs)
{
	unsigned long timeout = jiffies + msecs_to_jiffies(msecs);

	for (;;) {
		/* Read the time before the last check: the task may be delayed between the two. */
		bool late = time_after(jiffies, timeout);
		void __iomem *io = vfio_pci_live_access_begin(vdev, bar);
		bool is_done;

		if (IS_ERR(io))
			return PTR_ERR(io);
		is_done = done(vdev, io);
		vfio_pci_live_access_end(vdev);
		if (is_done)
			return 0;
		if (late)
			return -ETIMEDOUT;
		usleep_range(500, 1000);
	}
}
EXPORT_SYMBOL_GPL(vfio_pci_live_wait);

/**
 * vfio_pci_live_init - SDK: offer live migration of a device
 * @vdev: the device, before vfio_pci_core_register_device()
 * @ops: the driver's callbacks; must outlive the device
 *
 * Sets migration_flags, mig_ops and log_ops of the vfio device.  Callbacks that @ops lacks are
 * reported when the device is registered.  The dirty log is offered only where iova_bitmap_works().
 *
 * Context: process, in the driver's probe or .init; once for each device.
 * Return: 0 or -ENOMEM.  vfio_put_device() undoes it.
 */
int vfio_pci_live_init(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_ops *ops)
{
	struct vfio_device *core_vdev = &vdev->vdev;
	struct vfio_pci_live *live;

	if (WARN_ON(vdev->live))
		return -EINVAL;
	live = kzalloc(sizeof(*live), GFP_KERNEL_ACCOUNT);
	if (!live)
		return -ENOMEM;

	kref_init(&live->ref);
	mutex_init(&live->lock);
	spin_lock_init(&live->note_lock);
	INIT_WORK(&live->work, live_work);
	live->vdev = vdev;
	live->ops = ops;
	live_set_arcs(live);
	live->state = VFIO_DEVICE_STATE_RUNNING;
	vdev->live = live;

	core_vdev->mig_ops = &live_mig_ops;
	core_vdev->migration_flags = VFIO_MIGRATION_STOP_COPY;
	if (ops->stop_p2p)
		core_vdev->migration_flags |= VFIO_MIGRATION_P2P;
	if (ops->precopy_left)
		core_vdev->migration_flags |= VFIO_MIGRATION_PRE_COPY;
	if (ops->dirty_log && iova_bitmap_works())
		core_vdev->log_ops = &live_log_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_live_init);

/* A driver with @state_size: what it lacks, or NULL. */
static const char *live_lacks_of_state(const struct vfio_pci_live_ops *ops)
{
	if (ops->state_size > VFIO_PCI_LIVE_PIECE)
		return "size, save and load (state_size is larger than a piece)";
	if (!ops->save_state)
		return "save_state (state_size is there)";
	if (!ops->load_state)
		return "load_state (state_size is there)";
	if (ops->size || ops->save || ops->load || ops->load_done || ops->bulk)
		return "a choice between state_size and size, save, load, load_done, bulk";
	return NULL;
}

static const char *live_lacks_optional(const struct vfio_pci_live_ops *ops)
{
	if (ops->stop_p2p && !ops->run_p2p)
		return "run_p2p (stop_p2p is there)";
	if (ops->run_p2p && !ops->stop_p2p)
		return "stop_p2p (run_p2p is there)";
	if (!ops->version || !ops->oldest || ops->oldest > ops->version)
		return "version, from 1, and oldest, not above it";
	if (!ops->dirty_log && (ops->log_start || ops->log_stop || ops->log_sync))
		return "dirty_log (log_start, log_stop or log_sync is there)";
	if (ops->trapped && (!ops->trap_len || ops->trap_bar > VFIO_PCI_BAR5_REGION_INDEX))
		return "trap_len, or a trap_bar that is a BAR (trapped is there)";
	return NULL;
}

static const char *live_lacks(const struct vfio_pci_live_ops *ops)
{
	if (!ops->stop)
		return "stop";
	if (!ops->run)
		return "run";
	if (ops->state_size)
		return live_lacks_of_state(ops);
	if (!ops->size)
		return "size, or state_size";
	if (!ops->save)
		return "save";
	if (!ops->load)
		return "load";
	return NULL;
}

/* Name the missing half of a trap if the driver has set only the other one. */
static const char *live_lacks_trap(struct vfio_pci_core_device *vdev)
{
	int (*mmap)(struct vfio_device *core_vdev, struct vm_area_struct *vma) =
		vfio_device_sdk_ops(&vdev->vdev)->mmap;
	bool trapped = vdev->live && vdev->live->ops->trapped;

	if (trapped && mmap == vfio_pci_core_mmap)
		return "VFIO_PCI_LIVE_TRAP_OPS of the vfio_device_ops (trapped is there)";
	if (!trapped && mmap == vfio_pci_live_trap_mmap)
		return "trapped (VFIO_PCI_LIVE_TRAP_OPS is there)";
	return NULL;
}

/* The device is about to be registered: report missing callbacks. */
int vfio_pci_live_register(struct vfio_pci_core_device *vdev)
{
	const struct pci_error_handlers *err = to_pci_driver(vdev->pdev->dev.driver)->err_handler;
	const char *missing = live_lacks_trap(vdev);

	if (vdev->live) {
		missing = missing ?: live_lacks(vdev->live->ops);
		missing = missing ?: live_lacks_optional(vdev->live->ops);
		if (!missing && (!err || !err->reset_prepare || !err->reset_done))
			missing = "reset_prepare and reset_done of the driver's err_handler";
	}
	if (missing) {
		pci_err(vdev->pdev, "live migration is incomplete, missing: %s\n", missing);
		return -EINVAL;
	}
	if (!vdev->live)
		return 0;
	if (vdev->live->ops->dirty_log && !vdev->vdev.log_ops)
		pci_info(vdev->pdev,
			 "no dirty log: the kernel was built without IOMMUFD_DRIVER\n");

	live_debugfs_add(vdev->live);
	return 0;
}

void vfio_pci_live_unregister(struct vfio_pci_core_device *vdev)
{
	if (vdev->live)
		live_debugfs_remove(vdev->live);
}

/* The last reference to the device is gone; data files may still be open. */
void vfio_pci_live_release(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_live *live = vdev->live;

	if (!live)
		return;
	cancel_work_sync(&live->work);
	vdev->live = NULL;
	live_put(live);
}

/* The device is powered up and was reset. */
void vfio_pci_live_open(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_live *live = vdev->live;

	if (!live)
		return;
	live_lock(live);
	live->open = true;
	live_set(live, VFIO_DEVICE_STATE_RUNNING);
	if (live->ops->reset)
		live->ops->reset(vdev);
	live_unlock(live);
}

/* The device is about to be closed: from here on no data file touches it. */
void vfio_pci_live_close(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_live *live = vdev->live;

	if (!live)
		return;
	live_lock(live);
	live_stream_end(live);
	live_log_end(live);
	live_set(live, VFIO_DEVICE_STATE_RUNNING);
	live->open = false;
	live_unlock(live);
}
