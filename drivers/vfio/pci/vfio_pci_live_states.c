// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: states, and the arcs between them.  vfio_mig_get_next_state() knows which arcs
 * lead from one state to another; this file knows what an arc means for the device.
 */
#include <linux/err.h>
#include <linux/file.h>

#include "vfio_pci_live_priv.h"

#define ARC(from, to)	((from) << 8 | (to))
#define ARC_OF(a, b)	ARC(VFIO_DEVICE_STATE_##a, VFIO_DEVICE_STATE_##b)

#define OP_OF(a, b)	arcs[VFIO_DEVICE_STATE_##a][VFIO_DEVICE_STATE_##b].op

/* Arcs that are a callback and nothing else. */
void live_set_arcs(struct vfio_pci_live *live)
{
	const struct vfio_pci_live_ops *ops = live->ops;

	live->OP_OF(RUNNING, RUNNING_P2P) = ops->stop_p2p;
	live->OP_OF(PRE_COPY, PRE_COPY_P2P) = ops->stop_p2p;
	live->OP_OF(RUNNING_P2P, RUNNING) = ops->run;
	live->OP_OF(PRE_COPY_P2P, PRE_COPY) = ops->run;
	live->OP_OF(STOP, RUNNING) = ops->run;
	live->OP_OF(STOP, RUNNING_P2P) = ops->run_p2p;
	live->OP_OF(RUNNING, STOP) = ops->stop;
	live->OP_OF(RUNNING_P2P, STOP) = ops->stop;
}

/* The device has stopped: the rest follows what was pre-copied. */
static int live_stop_and_copy(struct vfio_pci_live *live)
{
	int ret = live_change(live, live->ops->stop);

	if (!ret)
		live->stream->precopy = false;
	return ret;
}

/* Begin a session, whose file the caller returns. */
static int live_begin(struct file **file, struct file *session)
{
	if (IS_ERR(session))
		return PTR_ERR(session);
	*file = session;
	return 0;
}

/* Take an arc that is more than a callback; *@file is set if it begins a session. */
static noinline int live_step(struct vfio_pci_live *live, enum vfio_device_mig_state next,
			      struct file **file)
{
	switch (ARC(live->state, next)) {
	case ARC_OF(RUNNING, PRE_COPY):
	case ARC_OF(RUNNING_P2P, PRE_COPY_P2P):
		return live_begin(file, live_save_open(live, true));
	case ARC_OF(STOP, STOP_COPY):
		return live_begin(file, live_save_open(live, false));
	case ARC_OF(PRE_COPY, STOP_COPY):
	case ARC_OF(PRE_COPY_P2P, STOP_COPY):
		return live_stop_and_copy(live);
	case ARC_OF(PRE_COPY, RUNNING):
	case ARC_OF(PRE_COPY_P2P, RUNNING_P2P):
	case ARC_OF(STOP_COPY, STOP):
		live_stream_end(live);
		return 0;
	case ARC_OF(STOP, RESUMING):
		return live_begin(file, live_load_open(live));
	case ARC_OF(RESUMING, STOP):
		return live_load_finish(live);
	}
	WARN_ONCE(1, "no arc from %d to %d\n", live->state, next);
	return -EINVAL;
}

static struct file *live_set_state(struct vfio_device *core_vdev, enum vfio_device_mig_state new)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;
	int (*op)(struct vfio_pci_core_device *vdev);
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret = 0;

	live_lock(live);
	/* Only a reset leads out of ERROR; vfio_mig_get_next_state() would warn. */
	if (live->state == VFIO_DEVICE_STATE_ERROR)
		ret = -EINVAL;
	while (!ret && new != live->state) {
		ret = vfio_mig_get_next_state(core_vdev, live->state, new, &next);
		if (ret)
			break;
		op = live->arcs[live->state][next].op;
		ret = op ? live_change(live, op) : live_step(live, next, &file);
		if (!ret)
			live_enter(live, next);
	}
	/* A reset or failure interrupted the arc: it counts, whatever the arc came to. */
	if (live_has_note(live) && live_settle(live))
		ret = live->state == new ? 0 : -EIO;
	live_unlock(live);

	if (!ret)
		return file;
	if (file)
		fput(file);
	return ERR_PTR(ret);
}

static int live_get_state(struct vfio_device *core_vdev, enum vfio_device_mig_state *state)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;

	live_lock(live);
	*state = live->state;
	live_unlock(live);
	return 0;
}

static int live_get_data_size(struct vfio_device *core_vdev, unsigned long *len)
{
	struct vfio_pci_live *live = to_vfio_pci_core(core_vdev)->live;
	u64 size;

	live_lock(live);
	size = live->ops->state_size ?: live->ops->size(live->vdev);
	live_unlock(live);

	*len = sizeof(struct live_header) + size +
	       (DIV_ROUND_UP_ULL(size, VFIO_PCI_LIVE_PIECE) + 1) * sizeof(struct live_record);
	return 0;
}

const struct vfio_migration_ops live_mig_ops = {
	.migration_set_state		= live_set_state,
	.migration_get_state		= live_get_state,
	.migration_get_data_size	= live_get_data_size,
};
