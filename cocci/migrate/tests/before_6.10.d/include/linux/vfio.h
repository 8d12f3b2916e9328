/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_H
#define VFIO_H

#include <linux/mm.h>
#include <uapi/linux/vfio.h>

struct vfio_device {
	struct device *dev;
	const struct vfio_device_ops *ops;
	struct vfio_group *group;
	struct vfio_device_set *dev_set;
	struct list_head dev_set_list;

	/* Members below here are private, not for driver use */
	unsigned int index;
	struct device device;
	refcount_t refcount;
	unsigned int open_count;
	struct completion comp;
};

struct vfio_device_ops {
	char	*name;
	int	(*init)(struct vfio_device *vdev);
	void	(*release)(struct vfio_device *vdev);
	int	(*open_device)(struct vfio_device *vdev);
	void	(*close_device)(struct vfio_device *vdev);
	int	(*mmap)(struct vfio_device *vdev, struct vm_area_struct *vma);
};

int vfio_register_group_dev(struct vfio_device *device);
void vfio_unregister_group_dev(struct vfio_device *device);

#endif
