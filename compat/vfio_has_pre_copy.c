// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps between migration states, PRE_COPY included.  Not built where vfio.ko knows PRE_COPY.
 *
 * vfio.ko passes the requested state to the driver unchanged and reports the driver's flags
 * unchanged, so PRE_COPY needs nothing else.
 */
#include <linux/export.h>
#include <linux/vfio.h>

/* What a driver must support for a device to be in this state. */
static unsigned int flags_needed(enum vfio_device_mig_state state)
{
	switch (state) {
	case VFIO_DEVICE_STATE_ERROR:
		return 0;
	case VFIO_DEVICE_STATE_RUNNING_P2P:
		return VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;
	case VFIO_DEVICE_STATE_PRE_COPY:
		return VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_PRE_COPY;
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		return VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | VFIO_MIGRATION_PRE_COPY;
	default:
		return VFIO_MIGRATION_STOP_COPY;
	}
}

static bool is_supported(const struct vfio_device *core_vdev, enum vfio_device_mig_state state)
{
	return state < VFIO_DEVICE_STATE_NR && !(flags_needed(state) & ~core_vdev->migration_flags);
}

/*
 * One step, on a device that supports everything:
 *
 *	RESUMING -- STOP -- RUNNING_P2P -- RUNNING
 *	             |           |            |
 *	         STOP_COPY <- PRE_COPY_P2P -- PRE_COPY
 *
 * A path may begin or end in PRE_COPY*, STOP_COPY or RESUMING but never passes through them, except
 * from PRE_COPY to STOP_COPY, which continues a stream.
 */
static enum vfio_device_mig_state step(enum vfio_device_mig_state from,
				       enum vfio_device_mig_state to)
{
	if (from == to)
		return to;
	if (to == VFIO_DEVICE_STATE_ERROR)
		return VFIO_DEVICE_STATE_ERROR;

	switch (from) {
	case VFIO_DEVICE_STATE_STOP:
		if (to == VFIO_DEVICE_STATE_STOP_COPY || to == VFIO_DEVICE_STATE_RESUMING)
			return to;
		return VFIO_DEVICE_STATE_RUNNING_P2P;
	case VFIO_DEVICE_STATE_RUNNING_P2P:
		if (to == VFIO_DEVICE_STATE_RUNNING || to == VFIO_DEVICE_STATE_PRE_COPY_P2P)
			return to;
		if (to == VFIO_DEVICE_STATE_PRE_COPY)
			return VFIO_DEVICE_STATE_RUNNING;
		return VFIO_DEVICE_STATE_STOP;
	case VFIO_DEVICE_STATE_RUNNING:
		if (to == VFIO_DEVICE_STATE_PRE_COPY)
			return to;
		return VFIO_DEVICE_STATE_RUNNING_P2P;
	case VFIO_DEVICE_STATE_PRE_COPY:
		if (to == VFIO_DEVICE_STATE_PRE_COPY_P2P || to == VFIO_DEVICE_STATE_STOP_COPY)
			return VFIO_DEVICE_STATE_PRE_COPY_P2P;
		return VFIO_DEVICE_STATE_RUNNING;
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		if (to == VFIO_DEVICE_STATE_PRE_COPY || to == VFIO_DEVICE_STATE_STOP_COPY)
			return to;
		return VFIO_DEVICE_STATE_RUNNING_P2P;
	case VFIO_DEVICE_STATE_STOP_COPY:
		/* An ended stream cannot be resumed. */
		if (to == VFIO_DEVICE_STATE_PRE_COPY || to == VFIO_DEVICE_STATE_PRE_COPY_P2P)
			return VFIO_DEVICE_STATE_ERROR;
		return VFIO_DEVICE_STATE_STOP;
	case VFIO_DEVICE_STATE_RESUMING:
		return VFIO_DEVICE_STATE_STOP;
	default:
		return VFIO_DEVICE_STATE_ERROR;
	}
}

/**
 * vfio_mig_get_next_state - the next step from one migration state to another
 * @device: the device
 * @cur_fsm: the state it is in
 * @new_fsm: the state that user space requested
 * @next_fsm: the step to take; the call is to be repeated until it is @new_fsm
 *
 * Steps to states that @device->migration_flags do not have are skipped.
 *
 * Context: any.
 * Return: 0, or -EINVAL if there is no path or no such state.
 */
int vfio_mig_get_next_state(struct vfio_device *device, enum vfio_device_mig_state cur_fsm,
			    enum vfio_device_mig_state new_fsm,
			    enum vfio_device_mig_state *next_fsm)
{
	if (WARN_ON(!is_supported(device, cur_fsm)) || !is_supported(device, new_fsm))
		return -EINVAL;

	*next_fsm = step(cur_fsm, new_fsm);
	while (!is_supported(device, *next_fsm))
		*next_fsm = step(*next_fsm, new_fsm);
	return *next_fsm == VFIO_DEVICE_STATE_ERROR ? -EINVAL : 0;
}
EXPORT_SYMBOL_GPL(vfio_mig_get_next_state);
