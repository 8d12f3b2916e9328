// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accept tables of callbacks in the form of any kernel since 6.1: fill in callbacks that were added
 * since, so that the driver works as on the kernel it was written for.  The table of a driver that
 * uses DEFINE_VFIO_PCI_OPS() is complete.
 */
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "vfio_pci_priv.h"

/*
 * Region info for a driver whose own .ioctl may describe some regions.  The driver needs the
 * address of user space's structure.  vfio passes only a copy of the structure; the address is the
 * third argument of the system call.
 */
static int ops_region_info_by_ioctl(struct vfio_device *core_vdev, struct vfio_region_info *info,
				    struct vfio_info_cap *caps)
{
	const struct vfio_device_ops *ops = vfio_device_sdk_ops(core_vdev);
	unsigned long args[6];
	long ret;

	syscall_get_arguments(current, current_pt_regs(), args);
	if (WARN_ON_ONCE((unsigned int)args[1] != VFIO_DEVICE_GET_REGION_INFO))
		return -EINVAL;

	ret = ops->ioctl(core_vdev, VFIO_DEVICE_GET_REGION_INFO, args[2]);
	if (ret)
		return ret;

	/* vfio copies @info back to user space: update it with what the driver wrote. */
	if (copy_from_user(info, (void __user *)args[2],
			   offsetofend(struct vfio_region_info, offset)))
		return -EFAULT;
	return 0;
}

static void ops_fill_region_info(struct vfio_device_ops *ops)
{
	if (ops->get_region_info_caps)
		return;
	if (ops->ioctl && ops->ioctl != vfio_pci_core_ioctl)
		ops->get_region_info_caps = ops_region_info_by_ioctl;
	else
		ops->get_region_info_caps = vfio_pci_ioctl_get_region_info;
}

static void ops_fill_iommufd(struct vfio_device_ops *ops)
{
	if (!ops->bind_iommufd)
		ops->bind_iommufd = vfio_iommufd_physical_bind;
	if (!ops->unbind_iommufd)
		ops->unbind_iommufd = vfio_iommufd_physical_unbind;
	if (!ops->attach_ioas)
		ops->attach_ioas = vfio_iommufd_physical_attach_ioas;
	if (!ops->detach_ioas)
		ops->detach_ioas = vfio_iommufd_physical_detach_ioas;

	/* A driver with its own .attach_ioas handles attachment itself. */
	if (ops->attach_ioas == vfio_iommufd_physical_attach_ioas && !ops->pasid_attach_ioas &&
	    !ops->pasid_detach_ioas) {
		ops->pasid_attach_ioas = vfio_iommufd_physical_pasid_attach_ioas;
		ops->pasid_detach_ioas = vfio_iommufd_physical_pasid_detach_ioas;
	}
}

/* The driver predates the callback, so the size is unknown. */
static int ops_data_size_unknown(struct vfio_device *core_vdev, unsigned long *stop_copy_length)
{
	return -EOPNOTSUPP;
}

/* Name of a mandatory callback or flag that is missing, or NULL. */
static const char *ops_missing_member(struct vfio_pci_core_device *vdev)
{
	const struct vfio_device *core_vdev = &vdev->vdev;
	const struct vfio_migration_ops *mig = core_vdev->mig_ops;
	const struct vfio_log_ops *log = core_vdev->log_ops;

	if (!vdev->pdev)
		return "init, or its call of vfio_pci_core_init_dev(),";
	if (!core_vdev->ops->name)
		return "name";
	if (mig && !mig->migration_get_state)
		return "migration_get_state";
	if (mig && !mig->migration_set_state)
		return "migration_set_state";
	if (mig && !(core_vdev->migration_flags & VFIO_MIGRATION_STOP_COPY))
		return "VFIO_MIGRATION_STOP_COPY in migration_flags";
	if (log && !log->log_start)
		return "log_start";
	if (log && !log->log_stop)
		return "log_stop";
	if (log && !log->log_read_and_clear)
		return "log_read_and_clear";
	return NULL;
}

/**
 * vfio_pci_ops_complete - fill in the callbacks that a driver's tables lack
 * @vdev: the device, not registered yet
 *
 * The driver's tables are constant and may be shared by devices; those of @vdev take their place
 * where something is filled in.
 *
 * Return: 0, or -EINVAL and a message that names the mandatory callback or flag.
 */
int vfio_pci_ops_complete(struct vfio_pci_core_device *vdev)
{
	struct vfio_device *core_vdev = &vdev->vdev;
	const struct vfio_device_ops *ops = vfio_device_sdk_ops(core_vdev);
	const char *missing = ops_missing_member(vdev);

	if (missing) {
		dev_err(core_vdev->dev, "cannot register with vfio: the driver's %s is missing\n",
			missing);
		return -EINVAL;
	}

	vdev->ops = *ops;
	ops_fill_region_info(&vdev->ops);
	ops_fill_iommufd(&vdev->ops);
	if (!vdev->ops.match_token_uuid)
		vdev->ops.match_token_uuid = vfio_pci_core_match_token_uuid;
	if (memcmp(&vdev->ops, ops, sizeof(*ops)))
		vfio_device_sdk_set_ops(core_vdev, &vdev->ops);

	if (core_vdev->mig_ops && !core_vdev->mig_ops->migration_get_data_size) {
		vdev->mig_ops = *core_vdev->mig_ops;
		vdev->mig_ops.migration_get_data_size = ops_data_size_unknown;
		core_vdev->mig_ops = &vdev->mig_ops;
	}
	return 0;
}
