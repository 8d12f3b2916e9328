// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio.ko of this kernel checks the VF token if a device is opened by name, through its group, but
 * not if it is bound as a character device: Linux kernel ("vfio/pci: Do vf_token checks for
 * VFIO_DEVICE_BIND_IOMMUFD") (in v6.17) added that.  Both ioctls call .open_device; the arguments
 * of the system call tell which one it is.
 */
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/vfio.h>
#include <asm/syscall.h>

int vfio_device_sdk_token_again(struct vfio_device *core_vdev,
				int (*match)(struct vfio_device *core_vdev, const uuid_t *uuid))
{
	unsigned long args[6];

	syscall_get_arguments(current, current_pt_regs(), args);
	if ((unsigned int)args[1] == VFIO_GROUP_GET_DEVICE_FD)
		return 0;
	return match(core_vdev, NULL);
}
