/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_pci_access.c: whether device memory is accessible.
 *
 * For files that touch it or take it away.  Functions with "lock" in their names return with the
 * lock held, those with "unlock" release it.
 */
#ifndef VFIO_PCI_ACCESS_H
#define VFIO_PCI_ACCESS_H

#include <linux/percpu-rwsem.h>

#include "vfio_pci_priv.h"

/* Memory decode is on, as the user sees it, and the power state allows it. */
static inline bool vfio_pci_mem_decodes(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (vfio_pci_is_down(pdev->current_state))
		return false;
	return pdev->no_command_memory ||
	       le16_to_cpup((const __le16 *)(vdev->vconfig + PCI_COMMAND)) & PCI_COMMAND_MEMORY;
}

/* The gate's predicate.  A hot reset also asks closed devices, which have no vconfig. */
static inline bool vfio_pci_mem_accessible(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held(vdev->access_sem);

	return vdev->vconfig && !vdev->pm_runtime_engaged && vfio_pci_mem_decodes(vdev);
}

/* True if the calling task has exclusive access.  Needs no lock. */
static inline bool vfio_pci_access_is_mine(const struct vfio_pci_core_device *vdev)
{
	return READ_ONCE(vdev->access_owner) == current;
}

void vfio_pci_access_read_lock_slow(struct vfio_pci_core_device *vdev);
int vfio_pci_access_read_lock_slow_killable(struct vfio_pci_core_device *vdev);

/* Keep device memory from being taken away.  The caller checks that it is accessible. */
static inline void vfio_pci_access_read_lock(struct vfio_pci_core_device *vdev)
{
	might_lock_read(vdev->access_sem);
	down_read(&vdev->memory_lock);
	if (unlikely(!percpu_down_read_trylock(vdev->access_sem)))
		vfio_pci_access_read_lock_slow(vdev);
}

/* A reset may take seconds: a dying task does not wait for it.  Returns 0 or -EINTR. */
static inline int vfio_pci_access_read_lock_killable(struct vfio_pci_core_device *vdev)
{
	might_lock_read(vdev->access_sem);
	if (down_read_killable(&vdev->memory_lock))
		return -EINTR;
	if (likely(percpu_down_read_trylock(vdev->access_sem)))
		return 0;
	return vfio_pci_access_read_lock_slow_killable(vdev);
}

static inline bool vfio_pci_access_read_trylock(struct vfio_pci_core_device *vdev)
{
	if (!down_read_trylock(&vdev->memory_lock))
		return false;
	if (likely(percpu_down_read_trylock(vdev->access_sem)))
		return true;
	up_read(&vdev->memory_lock);
	return false;
}

static inline void vfio_pci_access_read_unlock(struct vfio_pci_core_device *vdev)
{
	percpu_up_read(vdev->access_sem);
	up_read(&vdev->memory_lock);
}

int vfio_pci_access_init(struct vfio_pci_core_device *vdev);
void vfio_pci_access_lock_closed(struct vfio_pci_core_device *vdev);
void vfio_pci_access_revoke_locked(struct vfio_pci_core_device *vdev, unsigned long why);
bool vfio_pci_access_trylock(struct vfio_pci_core_device *vdev);
bool vfio_pci_access_trylock_revoke(struct vfio_pci_core_device *vdev);
void vfio_pci_access_lock_for_reset(struct vfio_pci_core_device *vdev);
void vfio_pci_access_unlock_after_reset(struct vfio_pci_core_device *vdev);
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 cmd);

#endif /* VFIO_PCI_ACCESS_H */
