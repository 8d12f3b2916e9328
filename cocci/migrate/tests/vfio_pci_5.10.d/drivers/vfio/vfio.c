// SPDX-License-Identifier: GPL-2.0-only
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio.h>

struct vfio_device {
	struct kref			kref;
	struct device			*dev;
	const struct vfio_device_ops	*ops;
	struct vfio_group		*group;
	struct list_head		group_next;
	void				*device_data;
};

static const struct file_operations vfio_device_fops;

/* Devices of a group */
static struct vfio_device *vfio_group_create_device(struct vfio_group *group, struct device *dev,
						    const struct vfio_device_ops *ops, void *device_data)
{
	struct vfio_device *device;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return ERR_PTR(-ENOMEM);

	vfio_group_get(group);
	device->group = group;
	kref_init(&device->kref);
	device->device_data = device_data;
	device->ops = ops;
	device->dev = dev;
	dev_set_drvdata(dev, device);

	mutex_lock(&group->device_lock);
	list_add(&device->group_next, &group->device_list);
	mutex_unlock(&group->device_lock);

	return device;
}

static void vfio_device_release(struct kref *kref)
{
	struct vfio_device *device = container_of(kref, struct vfio_device, kref);
	struct vfio_group *group = device->group;

	list_del(&device->group_next);
	mutex_unlock(&group->device_lock);

	dev_set_drvdata(device->dev, NULL);

	kfree(device);
	wake_up(&vfio.release_q);
}

/* Gives the caller a reference */
struct vfio_device *vfio_device_get_from_dev(struct device *dev)
{
	return vfio_group_get_device(vfio_group_of(dev), dev);
}
EXPORT_SYMBOL_GPL(vfio_device_get_from_dev);

static int vfio_group_get_device_fd(struct vfio_group *group, char *name)
{
	struct vfio_device *device = vfio_device_get_from_name(group, name);
	struct file *filep;
	int fd, err;

	if (IS_ERR(device))
		return PTR_ERR(device);
	err = device->ops->open(device->device_data);
	if (err)
		goto put;
	err = fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto release;

	filep = anon_inode_getfile("[vfio-device]", &vfio_device_fops, device, O_RDWR);
	if (IS_ERR(filep)) {
		err = PTR_ERR(filep);
		put_unused_fd(fd);
		goto release;
	}
	filep->f_mode |= (FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	fd_install(fd, filep);
	return fd;

release:
	device->ops->release(device->device_data);
put:
	vfio_device_put(device);
	return err;
}
