/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * <linux/vfio.h> as Linux 7.3 has it, on older kernels.
 *
 * Where the kernel's struct vfio_device_ops lacks callbacks, 7.3's is defined here under the same
 * name, and _vfio_alloc_device() is that of compat/vfio_ops_whole.c, which translates
 * between the two.
 */
#if !defined(HAVE_VFIO_MIGRATION_OPS_HAS_DATA_SIZE) && !defined(VFIO_PCI_SDK_COMPAT_VFIO_H)
/*
 * struct vfio_migration_ops with the member that Linux 7.3 appends and this kernel does not read,
 * so that one source of a driver serves both.  struct vfio_device points to it, so it has to be
 * extended where the kernel's header declares it.
 */
#define migration_get_state							\
	migration_get_state)(struct vfio_device *device,			\
			     enum vfio_device_mig_state *curr_state);		\
	int (*migration_get_data_size)(struct vfio_device *device,		\
				       unsigned long *stop_copy_length);	\
	int (*sdk_unused
#include_next <linux/vfio.h>
#undef migration_get_state
#else
#include_next <linux/vfio.h>
#endif

#ifndef VFIO_PCI_SDK_COMPAT_VFIO_H
#define VFIO_PCI_SDK_COMPAT_VFIO_H

#include <linux/pci.h>
#include <linux/uuid.h>

struct address_space;
struct vfio_device_ops;

/* Migration */

#ifdef HAVE_VFIO_CHECK_PRECOPY_IOCTL
/**
 * vfio_device_sdk_precopy_info_v2 - tell whether flags of struct vfio_precopy_info may be set
 * @core_vdev: the device, open
 *
 * Stands in for Linux 7.3's vdev->precopy_info_v2: user space has set
 * VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 since the device was opened.
 *
 * Return: true if it has.
 */
static inline bool vfio_device_sdk_precopy_info_v2(struct vfio_device *core_vdev)
{
	return core_vdev->precopy_info_v2;
}
#else
#include <linux/uaccess.h>

#ifdef HAVE_VFIO_OPS_WHOLE
static inline bool vfio_device_sdk_precopy_info_v2(struct vfio_device *core_vdev)
{
	return false;
}
#else
#define vfio_device_sdk_precopy_info_v2	vfsdk_vfio_device_sdk_precopy_info_v2
bool vfio_device_sdk_precopy_info_v2(struct vfio_device *core_vdev);
#endif

static inline int vfio_check_precopy_ioctl(struct vfio_device *vdev, unsigned int cmd,
					   unsigned long arg, struct vfio_precopy_info *info)
{
	const size_t minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info->argsz < minsz)
		return -EINVAL;

	/* Output only; before the feature existed, drivers returned user space's value. */
	if (vfio_device_sdk_precopy_info_v2(vdev))
		info->flags = 0;
	return 0;
}
#endif

/* vfio.ko passes states on unchanged: only the steps between them need to be known. */
#ifndef HAVE_VFIO_HAS_PRE_COPY
#define vfio_mig_get_next_state	vfsdk_vfio_mig_get_next_state
int vfio_mig_get_next_state(struct vfio_device *device, enum vfio_device_mig_state cur_fsm,
			    enum vfio_device_mig_state new_fsm,
			    enum vfio_device_mig_state *next_fsm);
#endif

#ifndef HAVE_VFIO_COMBINE_IOVA_RANGES
struct rb_root_cached;

#define vfio_combine_iova_ranges	vfsdk_vfio_combine_iova_ranges
void vfio_combine_iova_ranges(struct rb_root_cached *root, u32 cur_nodes, u32 req_nodes);
#endif

/* iommufd and the character device */

#ifndef HAVE_VFIO_OPS_BIND_IOMMUFD
struct iommufd_ctx;
#define vfio_iommufd_physical_bind \
	((int (*)(struct vfio_device *vdev, struct iommufd_ctx *ictx, u32 *out_device_id))NULL)
#define vfio_iommufd_physical_unbind	((void (*)(struct vfio_device *vdev))NULL)
#define vfio_iommufd_physical_attach_ioas \
	((int (*)(struct vfio_device *vdev, u32 *pt_id))NULL)
#endif

#ifndef HAVE_VFIO_OPS_PASID_ATTACH_IOAS
#define vfio_iommufd_physical_pasid_attach_ioas \
	((int (*)(struct vfio_device *vdev, u32 pasid, u32 *pt_id))NULL)
#define vfio_iommufd_physical_pasid_detach_ioas \
	((void (*)(struct vfio_device *vdev, u32 pasid))NULL)
#endif

#ifdef HAVE_VFIO_DEVICE_CDEV_OPENED
static inline __u32 *vfio_pci_dependent_devid(struct vfio_pci_dependent_device *dep)
{
	return &dep->devid;
}
#else
#define vfio_iommufd_physical_detach_ioas	((void (*)(struct vfio_device *vdev))NULL)

static inline bool vfio_device_cdev_opened(struct vfio_device *device)
{
	return false;
}

static inline struct iommufd_ctx *vfio_iommufd_device_ictx(struct vfio_device *vdev)
{
	return NULL;
}

static inline int vfio_iommufd_get_dev_id(struct vfio_device *vdev, struct iommufd_ctx *ictx)
{
	return VFIO_PCI_DEVID_NOT_OWNED;
}

/* Context: dev_set->lock held, which keeps the list and its devices stable. */
static inline struct vfio_device *vfio_find_device_in_devset(struct vfio_device_set *dev_set,
							     struct device *dev)
{
	struct vfio_device *cur;

	list_for_each_entry(cur, &dev_set->device_list, dev_set_list)
		if (cur->dev == dev)
			return cur;
	return NULL;
}

/* The union member devid was added later, at the offset of group_id. */
static inline __u32 *vfio_pci_dependent_devid(struct vfio_pci_dependent_device *dep)
{
	return &dep->group_id;
}
#endif

/* Extended error handling of powerpc */

#ifdef HAVE_VFIO_SPAPR_PCI_EEH_OPEN
#define vfio_pci_eeh_open	vfio_spapr_pci_eeh_open
#define vfio_pci_eeh_release	vfio_spapr_pci_eeh_release
#elif IS_ENABLED(CONFIG_EEH)
#include <asm/eeh.h>
#define vfio_pci_eeh_open	eeh_dev_open
#define vfio_pci_eeh_release	eeh_dev_release
#else
static inline void vfio_pci_eeh_open(struct pci_dev *pdev)
{
}

static inline void vfio_pci_eeh_release(struct pci_dev *pdev)
{
}
#endif

/* Ops */

#ifdef HAVE_VFIO_OPS_WHOLE
/**
 * vfio_device_sdk_ops - the ops table that a driver passed to vfio_alloc_device()
 * @core_vdev: a device allocated by one of this core's drivers
 *
 * Return: the table, in the shape of the newest supported kernel.
 */
static inline const struct vfio_device_ops *vfio_device_sdk_ops(struct vfio_device *core_vdev)
{
	return core_vdev->ops;
}

/**
 * vfio_device_sdk_set_ops - replace the ops table of a device
 * @core_vdev: a device that has not been registered yet
 * @ops: the table, in the shape of the newest supported kernel; must outlive the device
 */
static inline void vfio_device_sdk_set_ops(struct vfio_device *core_vdev,
					   const struct vfio_device_ops *ops)
{
	core_vdev->ops = ops;
}
#else
struct vfsdk_vfio_device_ops {
	char	*name;
	int	(*init)(struct vfio_device *vdev);
	void	(*release)(struct vfio_device *vdev);
	int	(*bind_iommufd)(struct vfio_device *vdev, struct iommufd_ctx *ictx,
				u32 *out_device_id);
	void	(*unbind_iommufd)(struct vfio_device *vdev);
	int	(*attach_ioas)(struct vfio_device *vdev, u32 *pt_id);
	void	(*detach_ioas)(struct vfio_device *vdev);
	int	(*pasid_attach_ioas)(struct vfio_device *vdev, u32 pasid, u32 *pt_id);
	void	(*pasid_detach_ioas)(struct vfio_device *vdev, u32 pasid);
	int	(*open_device)(struct vfio_device *vdev);
	void	(*close_device)(struct vfio_device *vdev);
	ssize_t	(*read)(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
	ssize_t	(*write)(struct vfio_device *vdev, const char __user *buf, size_t count,
			 loff_t *size);
	long	(*ioctl)(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
	int	(*get_region_info_caps)(struct vfio_device *vdev, struct vfio_region_info *info,
					struct vfio_info_cap *caps);
	int	(*mmap)(struct vfio_device *vdev, struct vm_area_struct *vma);
	void	(*request)(struct vfio_device *vdev, unsigned int count);
	int	(*match)(struct vfio_device *vdev, char *buf);
	int	(*match_token_uuid)(struct vfio_device *vdev, const uuid_t *uuid);
	void	(*dma_unmap)(struct vfio_device *vdev, u64 iova, u64 length);
	int	(*device_feature)(struct vfio_device *device, u32 flags, void __user *arg,
				  size_t argsz);
};

struct vfio_device *vfsdk__vfio_alloc_device(size_t size, struct device *dev,
					     const struct vfsdk_vfio_device_ops *ops);
const struct vfsdk_vfio_device_ops *vfio_device_sdk_ops(struct vfio_device *core_vdev);
void vfio_device_sdk_set_ops(struct vfio_device *core_vdev,
			     const struct vfsdk_vfio_device_ops *ops);

#define _vfio_alloc_device	vfsdk__vfio_alloc_device
#define vfio_device_ops		vfsdk_vfio_device_ops
#endif

/* VF tokens of character devices */

#ifdef HAVE_VFIO_OPS_MATCH_TOKEN_UUID
/**
 * vfio_device_sdk_token_again - check the VF token of an open that vfio.ko may not have checked
 * @core_vdev: the device, about to be opened
 * @match: called with NULL, that is, without a token
 *
 * If vfio.ko opens character devices without a check of the token, check that the device may be
 * opened without one.  If vfio.ko checks, do nothing.
 *
 * Context: process, may sleep; dev_set->lock held.
 * Return: 0, or the error of @match.
 */
static inline int vfio_device_sdk_token_again(struct vfio_device *core_vdev,
					      int (*match)(struct vfio_device *core_vdev,
							   const uuid_t *uuid))
{
	return 0;
}
#else
int vfio_device_sdk_token_again(struct vfio_device *core_vdev,
				int (*match)(struct vfio_device *core_vdev, const uuid_t *uuid));
#endif

/* The address space of a device */

#ifdef HAVE_VFIO_DEVICE_HAS_INODE
/**
 * vfio_device_sdk_mapping - the address space of all mappings of a device
 * @core_vdev: a device allocated by one of this core's drivers
 *
 * Return: the address space; it lives as long as the device.
 */
static inline struct address_space *vfio_device_sdk_mapping(struct vfio_device *core_vdev)
{
	return core_vdev->inode->i_mapping;
}
#else
struct address_space *vfio_device_sdk_mapping(struct vfio_device *core_vdev);
#endif

#endif /* VFIO_PCI_SDK_COMPAT_VFIO_H */
