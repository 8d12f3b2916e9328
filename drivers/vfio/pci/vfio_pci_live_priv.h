/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of live migration; the rest of the core uses vfio_pci_priv.h only. */
#ifndef VFIO_PCI_LIVE_PRIV_H
#define VFIO_PCI_LIVE_PRIV_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <trace/events/vfio_pci_sdk.h>
#include <vfio_pci_sdk/live.h>

#include "vfio_pci_priv.h"

#define LIVE_STATES	(VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)

/* What happened to the device while live->lock may be held; the next holder acts on it. */
enum live_note {
	LIVE_NOTE_NONE,
	LIVE_NOTE_RESET,
	LIVE_NOTE_FAILED,
};

/* @op: the driver's callback; NULL if the arc needs more than that, see live_step(). */
struct live_arc {
	int (*op)(struct vfio_pci_core_device *vdev);
};

/**
 * struct vfio_pci_live - live migration of one device
 * @ref: one for the device, one for each data file
 * @vdev: the device; files may use it only while they are @stream
 * @ops: the driver's callbacks
 * @arcs: from one state to another
 * @lock: serialises states and callbacks.  Taken by live_lock() only, outside of memory_lock, and
 *	never held over accesses to user memory.
 * @open: the device is open; under @lock
 * @state: the device's state; under @lock
 * @stream: the session in progress, or NULL; under @lock
 * @note_lock: leaf lock, protects the next two
 * @note: a reset or failure that @state does not show yet
 * @overtaken: @note came while a callback was changing the device
 * @caller: the task that runs such a callback; under @lock, and read by resets
 * @work: acts on @note if no other task takes @lock soon
 * @command: COMMAND as the user has it, between vfio_pci_live_access_begin() and _end(); under
 *	memory_lock
 * @log: the dirty log, or NULL; RCU, changed under @lock
 * @dir: in debugfs
 * @saved: bytes of state saved since registration; under @lock
 * @loaded: likewise loaded
 * @resets: likewise resets seen while open
 */
struct vfio_pci_live {
	struct kref			ref;
	struct vfio_pci_core_device	*vdev;
	const struct vfio_pci_live_ops	*ops;
	struct live_arc			arcs[LIVE_STATES][LIVE_STATES];
	struct mutex			lock;		/* states and callbacks */
	bool				open;
	enum vfio_device_mig_state	state;
	struct live_stream		*stream;

	spinlock_t			note_lock;	/* leaf; resets take it */
	enum live_note			note;
	bool				overtaken;
	struct task_struct		*caller;
	struct work_struct		work;

	u16				command;
	struct live_log __rcu		*log;
	struct dentry			*dir;
	u64				saved;
	u64				loaded;
	u64				resets;
};

/* vfio_pci_live.c */
bool live_settle(struct vfio_pci_live *live);
int live_call_begin(struct vfio_pci_live *live);
void live_call_end(struct vfio_pci_live *live);
void live_put(struct vfio_pci_live *live);

int live_change_refused(struct vfio_pci_live *live);

/*
 * Before a callback that changes the device.  0, to be followed by live_change_end(), or -EIO: a
 * reset has come since live->lock was taken.  The callback would change the device after it, and
 * the note would then say RUNNING of a device that is stopped, or half loaded.
 */
static inline int live_change_begin(struct vfio_pci_live *live)
{
	/* Pairs with live_leave_note(): it sees the caller, or its note is seen here. */
	smp_store_mb(live->caller, current);
	return likely(READ_ONCE(live->note) == LIVE_NOTE_NONE) ? 0 : live_change_refused(live);
}

static inline void live_change_end(struct vfio_pci_live *live)
{
	/* Pairs with vfio_pci_live_reset(): if @caller is NULL there, the callback has ended. */
	smp_store_release(&live->caller, NULL);
}

/* A callback that changes the device, for an ioctl. */
static inline int live_change(struct vfio_pci_live *live,
			      int (*op)(struct vfio_pci_core_device *vdev))
{
	int ret;

	ret = live_change_begin(live);
	if (ret)
		return ret;
	ret = op(live->vdev);
	live_change_end(live);
	return ret;
}

static inline bool live_has_note(struct vfio_pci_live *live)
{
	return unlikely(READ_ONCE(live->note) != LIVE_NOTE_NONE);
}

static inline void live_lock(struct vfio_pci_live *live)
{
	mutex_lock(&live->lock);
	if (live_has_note(live))
		live_settle(live);
}

static inline void live_unlock(struct vfio_pci_live *live)
{
	mutex_unlock(&live->lock);
}

/* Enter another state; leaving all sessions is up to the caller. */
static inline void live_enter(struct vfio_pci_live *live, enum vfio_device_mig_state state)
{
	lockdep_assert_held(&live->lock);

	if (trace_vfio_pci_live_state_enabled())
		trace_vfio_pci_live_state(live->vdev->pdev, live->state, state);
	live->state = state;
}

/* Likewise, unless the device is in that state. */
static inline void live_set(struct vfio_pci_live *live, enum vfio_device_mig_state state)
{
	if (state != live->state)
		live_enter(live, state);
}

/* vfio_pci_live_states.c */
extern const struct vfio_migration_ops live_mig_ops;
void live_set_arcs(struct vfio_pci_live *live);

/* vfio_pci_live_log.c */
extern const struct vfio_log_ops live_log_ops;
void live_log_end(struct vfio_pci_live *live);
u64 live_log_page_size(struct vfio_pci_live *live);

/* vfio_pci_live_debugfs.c */
void live_debugfs_add(struct vfio_pci_live *live);
void live_debugfs_remove(struct vfio_pci_live *live);

/*
 * The stream, little endian: a header, records of at most VFIO_PCI_LIVE_PIECE bytes, an END record.
 * Each crc covers the structure it ends, and data_crc the data behind a record.
 */
#define LIVE_MAGIC	"vfiolive"
#define LIVE_FORMAT	1

struct live_header {
	u8	magic[8];
	__le32	format;
	__le32	length;		/* of this header */
	__le16	vendor;
	__le16	device;
	__le16	subsystem_vendor;
	__le16	subsystem_device;
	__le32	version;	/* of the driver's data */
	char	driver[32];
	__le32	crc;
};

enum live_type {
	LIVE_PRECOPY	= 1,
	LIVE_STATE	= 2,
	LIVE_END	= 3,
};

struct live_record {
	__le32	type;
	__le32	len;
	__le64	pos;		/* bytes of this type before; LIVE_END: bytes of LIVE_STATE */
	__le32	data_crc;	/* 0: the driver's state is bulk, or there is no data */
	__le32	crc;
};

/* Records are staged right below their data, so that the data is aligned. */
#define LIVE_DATA	sizeof(struct live_header)
#define LIVE_RECORD	(LIVE_DATA - sizeof(struct live_record))

/**
 * struct live_stream - one session, and the file user space has for it
 * @ref: one for the file, one for being @live->stream
 * @live: holds a reference
 * @io: serialises readers or writers; held over accesses to user memory, so no reset may take it
 * @buf: staged bytes: a header, or a record and its data; under @io; NULL after the session
 * @at: next byte of @buf to read or write; under @io
 * @end: end of what is staged (save), or of what is expected (load); under @io
 * @version: load: of the driver that saved
 * @type: load: what is expected: 0 the header, LIVE_END a record, otherwise a record's data
 * @pos: bytes of pre-copy and of state so far; under @live->lock
 * @saving: save_start() was called; under @live->lock
 * @precopy: saving, and the device runs; under @live->lock
 * @done: END was staged or seen; under @live->lock
 * @bad: load: the stream is wrong; under @live->lock
 */
struct live_stream {
	struct kref		ref;
	struct vfio_pci_live	*live;
	struct mutex		io;		/* readers or writers */
	u8			*buf;
	size_t			at;
	size_t			end;
	u32			version;
	u32			type;
	u64			pos[LIVE_END];
	bool			saving;
	bool			precopy;
	bool			done;
	bool			bad;
};

/* vfio_pci_live_stream.c */
struct file *live_stream_open(struct vfio_pci_live *live, const char *name,
			      const struct file_operations *fops, int flags);
void live_stream_end(struct vfio_pci_live *live);
int live_stream_release(struct inode *inode, struct file *filp);
int live_stream_lock(struct live_stream *stream);
void live_fill_header(struct vfio_pci_live *live, struct live_header *header);
void live_fill_record(struct vfio_pci_live *live, struct live_record *rec, enum live_type type,
		      u32 len, u64 pos);
int live_check_header(struct vfio_pci_live *live, const struct live_header *header);
int live_check_record(const struct live_record *rec);
__le32 live_data_crc(struct vfio_pci_live *live, const struct live_record *rec);

/* vfio_pci_live_save.c, vfio_pci_live_load.c */
struct file *live_save_open(struct vfio_pci_live *live, bool precopy);
struct file *live_load_open(struct vfio_pci_live *live);
int live_load_finish(struct vfio_pci_live *live);

#endif /* VFIO_PCI_LIVE_PRIV_H */
