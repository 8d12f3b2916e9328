/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_H
#define VFIO_H

#include <linux/mm.h>
#include <uapi/linux/vfio.h>

struct vfio_device_ops {
	char	*name;
	int	(*open)(void *device_data);
	void	(*release)(void *device_data);
	int	(*mmap)(void *device_data, struct vm_area_struct *vma);
};

extern int vfio_add_group_dev(struct device *dev, const struct vfio_device_ops *ops, void *device_data);
extern struct vfio_device *vfio_device_get_from_dev(struct device *dev);
extern void vfio_device_put(struct vfio_device *device);
extern void *vfio_device_data(struct vfio_device *device);

#endif
