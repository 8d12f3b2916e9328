// SPDX-License-Identifier: GPL-2.0-only
/* A variant driver with a migration region, as drivers had it until 5.17. */
#include <linux/vfio_pci_core.h>

struct whinchat {
	struct vfio_pci_core_device core;
	u32 state;
	void *saved;
	u64 saved_len;
};

static int whinchat_set_state(struct whinchat *whinchat, u32 state)
{
	int ret = 0;

	switch (state) {
	case VFIO_DEVICE_STATE_RUNNING:
		ret = whinchat_start_queues(whinchat);
		break;
	case VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RUNNING:
		ret = whinchat_log_dirty(whinchat);
		break;
	case VFIO_DEVICE_STATE_SAVING:
		ret = whinchat_stop_queues(whinchat);
		if (!ret)
			ret = whinchat_read_state(whinchat, state);
		break;
	case VFIO_DEVICE_STATE_STOP:
		ret = whinchat_stop_queues(whinchat);
		break;
	default:
		return -EINVAL;
	}
	if (!ret)
		whinchat->state = state;
	return ret;
}

static size_t whinchat_region_rw(struct vfio_pci_core_device *core, char __user *buf, size_t count, loff_t *ppos, bool write)
{
	struct whinchat *whinchat = container_of(core, struct whinchat, core);
	u32 state;

	switch (*ppos & WHINCHAT_POS_MASK) {
	case offsetof(struct vfio_device_migration_info, device_state):
		if (copy_from_user(&state, buf, sizeof(state)))
			return -EFAULT;
		return whinchat_set_state(whinchat, state) ?: count;
	case offsetof(struct vfio_device_migration_info, pending_bytes):
		return copy_to_user(buf, &whinchat->saved_len, sizeof(u64)) ? -EFAULT : count;
	}
	return -EINVAL;
}
