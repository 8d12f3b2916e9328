// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio.ko of this kernel checks the VF token of a device that is opened by name, through its group,
 * but not of a character device that is bound: Linux kernel ("vfio/pci: Do vf_token checks for
 * VFIO_DEVICE_BIND_IOMMUFD") (in v6.17) added that.  .open_device cannot tell the two apart, so the
 * token is checked again there.  An open by name has just left its token here.
 */
#include <linux/device.h>
#include <linux/sched.h>
#include <linux/vfio.h>

/**
 * struct given_token - the token last given with the name of a device; a device resource
 * @lock: protects the rest
 * @process: the process that gave it, or NULL for none; only compared, never dereferenced
 * @started: start time of @process, whose memory may be used again for another one
 * @uuid: the token
 */
struct given_token {
	spinlock_t		lock;	/* protects the rest */
	struct task_struct	*process;
	u64			started;
	uuid_t			uuid;
};

static void given_token_release(struct device *dev, void *res)
{
}

/* A registered device is bound, and its resources stay until its driver's remove has returned. */
static struct given_token *given_token_find(struct vfio_device *core_vdev)
{
	return devres_find(core_vdev->dev, given_token_release, NULL, NULL);
}

int vfio_device_sdk_token_given(struct vfio_device *core_vdev, const uuid_t *uuid)
{
	struct task_struct *process = current->group_leader;
	struct given_token *given = given_token_find(core_vdev);

	if (!given) {
		if (!uuid)
			return 0;
		given = devres_alloc(given_token_release, sizeof(*given), GFP_KERNEL);
		if (!given)
			return -ENOMEM;
		spin_lock_init(&given->lock);
		given = devres_get(core_vdev->dev, given, NULL, NULL);
	}

	spin_lock(&given->lock);
	given->process = uuid ? process : NULL;
	given->started = process->start_boottime;
	if (uuid)
		uuid_copy(&given->uuid, uuid);
	spin_unlock(&given->lock);
	return 0;
}

int vfio_device_sdk_token_again(struct vfio_device *core_vdev,
				int (*match)(struct vfio_device *core_vdev, const uuid_t *uuid))
{
	struct task_struct *process = current->group_leader;
	struct given_token *given = given_token_find(core_vdev);
	bool mine = false;
	uuid_t uuid;

	if (given) {
		spin_lock(&given->lock);
		mine = given->process == process && given->started == process->start_boottime;
		uuid_copy(&uuid, &given->uuid);
		given->process = NULL;
		spin_unlock(&given->lock);
	}
	return match(core_vdev, mine ? &uuid : NULL);
}
