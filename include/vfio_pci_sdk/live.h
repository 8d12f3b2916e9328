/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration for variant drivers: the core owns the protocol, the driver describes its device.
 * docs/live-migration.md tells how to use it, docs/adr/0010-live-migration-locks.md why it locks
 * as it does.
 */
#ifndef VFIO_PCI_SDK_LIVE_H
#define VFIO_PCI_SDK_LIVE_H

#include <linux/sizes.h>
#include <linux/vfio_pci_core.h>

/* Largest piece that save() and load() see at once; part of the stream's format. */
#define VFIO_PCI_LIVE_PIECE	SZ_64K

/**
 * struct vfio_pci_live_piece - a piece of the device's state on its way
 * @buf: kernel memory, aligned to 8 bytes; save() fills it, load() reads it
 * @len: bytes in @buf, at most VFIO_PCI_LIVE_PIECE
 * @pos: how many bytes of this kind (pre-copy or final) came before; 0 starts a session
 * @version: load(): version of the driver that saved, between its @oldest and its @version
 * @precopy: the data is saved while the device runs; false: the device is stopped
 */
struct vfio_pci_live_piece {
	void	*buf;
	size_t	len;
	u64	pos;
	u32	version;
	bool	precopy;
};

/**
 * struct vfio_pci_live_left - what pre-copy has still to send, estimated, in bytes
 * @initial: of the first pass; pre-copy should go on until it is 0
 * @dirty: changed since it was sent
 * @reinit: a new first pass began; user space that opted in to MIG_PRECOPY_INFOv2 is told
 */
struct vfio_pci_live_left {
	u64	initial;
	u64	dirty;
	bool	reinit;
};

/**
 * struct vfio_pci_live_access - an access of user space to trapped registers
 * @io: the mapped BAR
 * @offset: in the BAR
 * @len: 1, 2, 4 or 8 bytes; @offset is aligned to it
 * @value: what is written, or what the driver answers
 * @write: user space writes
 */
struct vfio_pci_live_access {
	void __iomem	*io;
	u32		offset;
	u32		len;
	u64		value;
	bool		write;
};

/**
 * struct vfio_pci_live_ops - what a driver knows of its device for live migration
 * @version: of the data that save() writes; goes into the stream
 * @oldest: oldest version that load() understands
 * @stop: stop the device: no DMA, no interrupt, no change of state.  From RUNNING_P2P if the driver
 *	has @stop_p2p, otherwise from RUNNING.
 * @run: let the device run without limits.  Undoes @stop_p2p if there is one, otherwise @stop.
 * @stop_p2p: optional, with @run_p2p: stop starting DMA, but still accept accesses of peers
 * @run_p2p: optional, with @stop_p2p: from stopped to the state that @stop_p2p leaves
 * @state_size: size of a state that never changes it and fits in a piece.  Such a driver has
 *	@save_state and @load_state in the place of @size, @save, @load and @load_done.
 * @save_state: with @state_size: fill in the state, returns 0 or -errno, after which user space may
 *	try again.  The device is stopped, or pre-copying: then the other side only checks the size.
 * @load_state: with @state_size: the stream is complete: check the state, which is user input, and
 *	make it take effect.  Returns 0, or -errno, which ends in ERROR.
 * @size: estimate of the bytes that save() will write while stopped
 * @bulk: pieces carry no checksum: for gigabytes of memory, where it would cost more than all
 *	else.  Otherwise a piece that was changed on its way is refused before load() sees it.
 * @save_start: optional: a session begins, and with @precopy set the device still runs: begin to
 *	track changes of state
 * @save_end: optional: the session is over, whatever ended it; the device may be gone.  Not called
 *	after a @save_start that failed.
 * @save: fill in a piece.  Returns how many bytes it wrote, 0 when there is no more (while
 *	pre-copying: none now), or -errno, after which user space may try again.
 * @load: take in a piece; the device is stopped.  Everything in it is user input: a checksum keeps
 *	out accidents, not intent.  Returns 0, or -errno, after which the stream is lost and leaving
 *	RESUMING ends in ERROR.
 * @load_done: optional: the stream is complete; check it as a whole and make it take effect.
 *	Returns 0, or -errno, which ends in ERROR.
 * @precopy_left: optional: offers PRE_COPY; says what is left to send.  May be called at any time
 *	between @save_start and the end of the session.
 * @reset: optional: the device was reset, or opened.  Forget what software remembers of it, such
 *	as that it is stopped; the hardware runs.
 * @dirty_log: the driver reports each page that the device writes, by vfio_pci_live_dirty()
 * @log_start: optional: report from now on, for granules of @page_size or smaller
 * @log_stop: optional: stop reporting.  May be called by vfio_pci_core_close_device().
 * @log_sync: optional: report what the device has written and the driver has not reported yet
 * @trapped: optional: accesses to the registers at @trap_offset, @trap_len bytes of @trap_bar, are
 *	carried out by the driver.  Needs VFIO_PCI_LIVE_TRAP_OPS in the driver's vfio_device_ops.
 *	Returns 0 or -errno.  Called with exclusive access to the device, which decodes memory; at
 *	any time, beside other callbacks.
 * @trap_bar: BAR of the trapped registers
 * @trap_offset: where they begin
 * @trap_len: their length.  Pages that have any of them cannot be mapped.
 *
 * Context: process context, may sleep.  The device is powered up (runtime PM).  But for @trapped,
 * one callback runs at a time, under a lock of the library that no reset waits for, so a callback
 * may take memory_lock.  A reset may overtake any of them; if it overtakes one that changes the
 * device, the state becomes ERROR.  No callback may touch user memory.
 */
struct vfio_pci_live_ops {
	u32	version;
	u32	oldest;
	int	(*stop)(struct vfio_pci_core_device *vdev);
	int	(*run)(struct vfio_pci_core_device *vdev);
	int	(*stop_p2p)(struct vfio_pci_core_device *vdev);
	int	(*run_p2p)(struct vfio_pci_core_device *vdev);
	u32	state_size;
	int	(*save_state)(struct vfio_pci_core_device *vdev, void *state);
	int	(*load_state)(struct vfio_pci_core_device *vdev, const void *state, u32 version);
	u64	(*size)(struct vfio_pci_core_device *vdev);
	bool	bulk;
	int	(*save_start)(struct vfio_pci_core_device *vdev, bool precopy);
	void	(*save_end)(struct vfio_pci_core_device *vdev);
	ssize_t	(*save)(struct vfio_pci_core_device *vdev, struct vfio_pci_live_piece *piece);
	int	(*load)(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_piece *piece);
	int	(*load_done)(struct vfio_pci_core_device *vdev);
	void	(*precopy_left)(struct vfio_pci_core_device *vdev, struct vfio_pci_live_left *left);
	void	(*reset)(struct vfio_pci_core_device *vdev);
	bool	dirty_log;
	int	(*log_start)(struct vfio_pci_core_device *vdev, u64 page_size);
	void	(*log_stop)(struct vfio_pci_core_device *vdev);
	int	(*log_sync)(struct vfio_pci_core_device *vdev, u64 iova, u64 len);
	int	(*trapped)(struct vfio_pci_core_device *vdev, struct vfio_pci_live_access *access);
	u32	trap_bar;
	u32	trap_offset;
	u32	trap_len;
};

/* vfio_pci_live.c */
int vfio_pci_live_init(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_ops *ops);
void vfio_pci_live_fail(struct vfio_pci_core_device *vdev);
void __iomem *vfio_pci_live_access_begin(struct vfio_pci_core_device *vdev, unsigned int bar);
void vfio_pci_live_access_end(struct vfio_pci_core_device *vdev);
int vfio_pci_live_wait(struct vfio_pci_core_device *vdev, unsigned int bar,
		       bool (*done)(struct vfio_pci_core_device *vdev, void __iomem *io),
		       unsigned int msecs);

/* vfio_pci_live_log.c */
void vfio_pci_live_dirty(struct vfio_pci_core_device *vdev, u64 iova, u64 len);

/* vfio_pci_live_trap.c */
ssize_t vfio_pci_live_trap_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
				loff_t *ppos);
ssize_t vfio_pci_live_trap_write(struct vfio_device *core_vdev, const char __user *buf,
				 size_t count, loff_t *ppos);
long vfio_pci_live_trap_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg);
int vfio_pci_live_trap_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma);
int vfio_pci_live_trap_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
				   struct vfio_info_cap *caps);

/* For DEFINE_VFIO_PCI_OPS() of a driver that traps registers; its own callbacks may call these. */
#define VFIO_PCI_LIVE_TRAP_OPS						\
	.read			= vfio_pci_live_trap_read,		\
	.write			= vfio_pci_live_trap_write,		\
	.ioctl			= vfio_pci_live_trap_ioctl,		\
	.mmap			= vfio_pci_live_trap_mmap,		\
	.get_region_info_caps	= vfio_pci_live_trap_region_info

#endif /* VFIO_PCI_SDK_LIVE_H */
