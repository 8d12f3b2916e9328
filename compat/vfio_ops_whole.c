// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translates between 7.3's struct vfio_device_ops, which drivers fill in, and the shorter one of
 * this kernel, which vfio.ko calls.  Not built if the kernel's structure has all members of 7.3's.
 */
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "../drivers/vfio/pci/vfio_pci_priv.h"
#include "vfio_inode.h"

#undef vfio_device_ops		/* the kernel's definitions from here on */
#undef _vfio_alloc_device

/**
 * struct vfio_ops_shadow - what the ops pointer of each device of this core points into
 * @kernel: the table vfio.ko calls; device->ops points here
 * @driver: the driver's table
 * @ioctl: the driver's callback for all ioctls but one
 * @node: the device's inode, on kernels whose vfio.ko creates none
 * @precopy_info_v2: user space has asked for flags in struct vfio_precopy_info since open
 */
struct vfio_ops_shadow {
	struct vfio_device_ops			kernel;
	const struct vfsdk_vfio_device_ops	*driver;
	long (*ioctl)(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg);
	struct vfio_sdk_inode			node;
	bool					precopy_info_v2;
};

static struct vfio_ops_shadow *to_shadow(struct vfio_device *core_vdev)
{
	return container_of(core_vdev->ops, struct vfio_ops_shadow, kernel);
}

const struct vfsdk_vfio_device_ops *vfio_device_sdk_ops(struct vfio_device *core_vdev)
{
	return to_shadow(core_vdev)->driver;
}

#ifndef HAVE_VFIO_DEVICE_HAS_INODE
struct address_space *vfio_device_sdk_mapping(struct vfio_device *core_vdev)
{
	return to_shadow(core_vdev)->node.inode->i_mapping;
}
#endif

/* vfio.ko's result for a driver without the callback. */
static long no_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	return -EINVAL;
}

static long shadow_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	const struct vfio_ops_shadow *shadow = to_shadow(core_vdev);

	/*
	 * Not reached where vfio.ko does this itself; see Linux kernel commit 775f726a742a ("vfio:
	 * Add get_region_info_caps op") (in v7.0).
	 */
	if (cmd == VFIO_DEVICE_GET_REGION_INFO && shadow->driver->get_region_info_caps)
		return vfio_pci_region_info_to_user(core_vdev, (void __user *)arg,
						    shadow->driver->get_region_info_caps);
	return shadow->ioctl(core_vdev, cmd, arg);
}

#ifndef HAVE_VFIO_CHECK_PRECOPY_IOCTL
/**
 * vfio_device_sdk_precopy_info_v2 - tell whether flags of struct vfio_precopy_info may be set
 * @core_vdev: the device, open
 *
 * Context: any.
 * Return: true if user space has set VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 since the device was
 * opened.
 */
bool vfio_device_sdk_precopy_info_v2(struct vfio_device *core_vdev)
{
	return READ_ONCE(to_shadow(core_vdev)->precopy_info_v2);
}
EXPORT_SYMBOL_GPL(vfio_device_sdk_precopy_info_v2);
#endif

static int shadow_mig_data_size(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				size_t argsz)
{
	struct vfio_device_feature_mig_data_size size = {};
	unsigned long len;
	int ret;

	if (!core_vdev->mig_ops)
		return -ENOTTY;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(size));
	if (ret != 1)
		return ret;
	ret = core_vdev->mig_ops->migration_get_data_size(core_vdev, &len);
	if (ret)
		return ret;

	size.stop_copy_length = len;
	return copy_to_user(arg, &size, sizeof(size)) ? -EFAULT : 0;
}

static int shadow_precopy_info_v2(struct vfio_device *core_vdev, u32 flags, size_t argsz)
{
	int ret;

	if (!(core_vdev->migration_flags & VFIO_MIGRATION_PRE_COPY))
		return -EINVAL;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret != 1)
		return ret;
	WRITE_ONCE(to_shadow(core_vdev)->precopy_info_v2, true);
	return 0;
}

/* vfio.ko passes unknown features on, those of 7.3 included. */
static int shadow_device_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				 size_t argsz)
{
	const struct vfsdk_vfio_device_ops *driver = vfio_device_sdk_ops(core_vdev);

	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_MIG_DATA_SIZE:
		return shadow_mig_data_size(core_vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2:
		return shadow_precopy_info_v2(core_vdev, flags, argsz);
	default:
		if (!driver->device_feature)
			return -ENOTTY;
		return driver->device_feature(core_vdev, flags, arg, argsz);
	}
}

static void shadow_close_device(struct vfio_device *core_vdev)
{
	struct vfio_ops_shadow *shadow = to_shadow(core_vdev);

	if (shadow->driver->close_device)
		shadow->driver->close_device(core_vdev);
	WRITE_ONCE(shadow->precopy_info_v2, false);
}

#ifndef HAVE_VFIO_DEVICE_HAS_INODE
static int shadow_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_ops_shadow *shadow = to_shadow(core_vdev);
	int ret;

	ret = vfio_sdk_inode_adopt(&shadow->node, vma);
	if (ret)
		return ret;
	return shadow->driver->mmap(core_vdev, vma);
}
#endif

static void shadow_free(struct vfio_ops_shadow *shadow)
{
	vfio_sdk_inode_put(&shadow->node);
	kfree(shadow);
}

static void shadow_release(struct vfio_device *core_vdev)
{
	struct vfio_ops_shadow *shadow = to_shadow(core_vdev);

	if (shadow->driver->release)
		shadow->driver->release(core_vdev);
	shadow_free(shadow);
#ifndef HAVE_VFIO_OPS_BIND_IOMMUFD
	/* Up to v6.1 the driver had to free the device. */
	vfio_free_device(core_vdev);
#endif
}

static void shadow_fill(struct vfio_ops_shadow *shadow, const struct vfsdk_vfio_device_ops *driver)
{
	struct vfio_device_ops *kernel = &shadow->kernel;

	shadow->driver = driver;
	shadow->ioctl = driver->ioctl ?: no_ioctl;

	kernel->name = driver->name;
	kernel->init = driver->init;
	kernel->release = shadow_release;
	kernel->open_device = driver->open_device;
	kernel->close_device = shadow_close_device;
	kernel->read = driver->read;
	kernel->write = driver->write;
	kernel->ioctl = shadow_ioctl;
#ifdef HAVE_VFIO_DEVICE_HAS_INODE
	kernel->mmap = driver->mmap;
#else
	kernel->mmap = driver->mmap ? shadow_mmap : NULL;
#endif
	kernel->request = driver->request;
	kernel->match = driver->match;
	kernel->dma_unmap = driver->dma_unmap;
	kernel->device_feature = shadow_device_feature;
#ifdef HAVE_VFIO_OPS_BIND_IOMMUFD
	kernel->bind_iommufd = driver->bind_iommufd;
	kernel->unbind_iommufd = driver->unbind_iommufd;
	kernel->attach_ioas = driver->attach_ioas;
#endif
#ifdef HAVE_VFIO_DEVICE_CDEV_OPENED
	kernel->detach_ioas = driver->detach_ioas;
#endif
#ifdef HAVE_VFIO_OPS_PASID_ATTACH_IOAS
	kernel->pasid_attach_ioas = driver->pasid_attach_ioas;
	kernel->pasid_detach_ioas = driver->pasid_detach_ioas;
#endif
#ifdef HAVE_VFIO_OPS_MATCH_TOKEN_UUID
	kernel->match_token_uuid = driver->match_token_uuid;
#endif
#ifdef HAVE_VFIO_OPS_GET_REGION_INFO_CAPS
	kernel->get_region_info_caps = driver->get_region_info_caps;
#endif
}

/* As 7.3's core_vdev->ops = ops, before the device is registered. */
void vfio_device_sdk_set_ops(struct vfio_device *core_vdev,
			     const struct vfsdk_vfio_device_ops *ops)
{
	shadow_fill(to_shadow(core_vdev), ops);
}

/**
 * vfsdk__vfio_alloc_device - what vfio_alloc_device() calls on this kernel
 * @size: bytes of the driver's structure, whose first member is the struct vfio_device
 * @dev: the device's parent
 * @ops: the driver's callbacks, in 7.3's shape; must outlive the device
 *
 * Context: process, may sleep; no lock held.
 * Return: the device, or an ERR_PTR().
 */
struct vfio_device *vfsdk__vfio_alloc_device(size_t size, struct device *dev,
					     const struct vfsdk_vfio_device_ops *ops)
{
	struct vfio_ops_shadow *shadow;
	struct vfio_device *core_vdev;
	int ret;

	shadow = kzalloc(sizeof(*shadow), GFP_KERNEL_ACCOUNT);
	if (!shadow)
		return ERR_PTR(-ENOMEM);

	shadow_fill(shadow, ops);
	ret = vfio_sdk_inode_get(&shadow->node);
	if (ret) {
		kfree(shadow);
		return ERR_PTR(ret);
	}

	core_vdev = _vfio_alloc_device(size, dev, &shadow->kernel);
	if (IS_ERR(core_vdev))
		shadow_free(shadow);
	return core_vdev;
}
EXPORT_SYMBOL_GPL(vfsdk__vfio_alloc_device);
