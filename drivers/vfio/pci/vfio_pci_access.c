// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to device memory: one predicate, one way to take it away, one to give it back.
 *
 * Everyone who touches device memory holds memory_lock for read and asks the predicate,
 * vfio_pci_mem_accessible(), which is short enough to be inline, in vfio_pci_priv.h.
 * Everyone who makes it untouchable, even for a moment, goes through vfio_pci_access_revoke() and
 * vfio_pci_access_restore().  Nobody else knows what there is to revoke.
 */
#include <linux/export.h>
#include <linux/mm.h>

#include "vfio_pci_priv.h"

/**
 * __vfio_pci_memory_enabled - does the device decode memory accesses?
 * @vdev: an open device
 *
 * Reads the virtual COMMAND register: a function that resets itself behind our back loses the real
 * bit, and the user's view is what counts.  A VF has no such bit and always decodes.
 *
 * Context: any; memory_lock, unless a stale answer will do.
 * Return: true when memory decode is on and the power state allows it.
 */
bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 command;

	if (vfio_pci_is_down(pdev->current_state))
		return false;
	if (pdev->no_command_memory)
		return true;

	command = le16_to_cpup((const __le16 *)(vdev->vconfig + PCI_COMMAND));
	return command & PCI_COMMAND_MEMORY;
}
EXPORT_SYMBOL_GPL(__vfio_pci_memory_enabled);

/**
 * vfio_pci_core_mapping - the address space of a device
 * @vdev: the device
 *
 * Each mapping of the device file belongs to it, at the page offset vma->vm_pgoff says.
 *
 * Context: any.
 * Return: the address space; it lives as long as @vdev.
 */
struct address_space *vfio_pci_core_mapping(struct vfio_pci_core_device *vdev)
{
	return vfio_device_sdk_mapping(&vdev->vdev);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_mapping);

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
	/* unmap_mapping_range() takes a length of 0 for "to the end". */
	if (len)
		unmap_mapping_range(vfio_pci_core_mapping(vdev), offset, len, true);
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
	vfio_pci_core_zap_range(vdev, VFIO_PCI_INDEX_TO_OFFSET(index),
				VFIO_PCI_INDEX_TO_OFFSET(1));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_zap_region);

static void access_locked(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held_write(&vdev->memory_lock);

	WRITE_ONCE(vdev->access_owner, current);
}

static void revoke_begin(struct vfio_pci_core_device *vdev)
{
	access_locked(vdev);

	/*
	 * Hot reset also passes here for members of the set that are closed: nothing is theirs
	 * now.
	 */
	if (vdev->vconfig && vdev->pci_ops && vdev->pci_ops->access_revoke)
		vdev->pci_ops->access_revoke(vdev);
}

static void revoke_locked(struct vfio_pci_core_device *vdev)
{
	revoke_begin(vdev);
	vfio_pci_core_zap_range(vdev, VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX),
				VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX));
	vfio_pci_region_zap_revocable(vdev);
	vfio_pci_dma_buf_move(vdev, true);
}

/*
 * Keep accessors out for an act that takes nothing away; ends with vfio_pci_access_restore(), or
 * with vfio_pci_access_unlock() where nothing can have become accessible.
 */
void vfio_pci_access_lock(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	access_locked(vdev);
}

void vfio_pci_access_unlock(struct vfio_pci_core_device *vdev)
{
	WRITE_ONCE(vdev->access_owner, NULL);
	up_write(&vdev->memory_lock);
}

/* Take device memory away from everyone; ends with vfio_pci_access_restore(). */
void vfio_pci_access_revoke(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	revoke_locked(vdev);
}

/*
 * The same at close, where only the driver has something to take away: each mapping, and so each
 * entry of user space's page tables, holds the device file.  Ends with vfio_pci_access_unlock().
 */
void vfio_pci_access_end(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	revoke_begin(vdev);
}

/*
 * As vfio_pci_access_revoke(), for one of several devices: waiting for the second lock while
 * holding the first could deadlock with someone who goes the other way round.  False, and nothing
 * done, on contention.
 */
bool vfio_pci_access_tryrevoke(struct vfio_pci_core_device *vdev)
{
	if (!down_write_trylock(&vdev->memory_lock))
		return false;
	revoke_locked(vdev);
	return true;
}

/*
 * The same for a reset that others make, who hold device_lock.  A reset of a bus comes here for one
 * device after the other, but nobody who holds one memory_lock waits for another without being such
 * a reset, and those follow each other by the devices' locks.
 */
void vfio_pci_access_revoke_nested(struct vfio_pci_core_device *vdev)
{
	down_write_nest_lock(&vdev->memory_lock, &vdev->pdev->dev.mutex);
	revoke_locked(vdev);
}

/*
 * The act is over.  Mappings come back by faults; what cannot fault is told here, if access is
 * possible at all now.
 */
void vfio_pci_access_restore(struct vfio_pci_core_device *vdev)
{
	bool hook = vdev->pci_ops && vdev->pci_ops->access_restore;

	if ((hook || vfio_pci_dma_buf_any(vdev)) && vfio_pci_mem_accessible(vdev)) {
		vfio_pci_dma_buf_move(vdev, false);
		if (hook)
			vdev->pci_ops->access_restore(vdev);
	}
	vfio_pci_access_unlock(vdev);
}

/*
 * Make the device decode memory for the moment, whatever the user's COMMAND says: reading the ROM
 * and programming MSI-X need it.  Accessors stay out, so nobody sees it.  Returns what to restore.
 */
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev)
{
	u16 command;

	vfio_pci_access_lock(vdev);
	pci_read_config_word(vdev->pdev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MEMORY))
		pci_write_config_word(vdev->pdev, PCI_COMMAND, command | PCI_COMMAND_MEMORY);
	return command;
}

void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 command)
{
	pci_write_config_word(vdev->pdev, PCI_COMMAND, command);
	vfio_pci_access_unlock(vdev);
}
