// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: variant drivers whose tables of callbacks have the form of older kernels, one driver
 * for each form, named after the first kernel that has it, and some that no kernel would take.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

#include "oldops.h"

static struct vfio_pci_core_device *to_core(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct vfio_pci_core_device, vdev);
}

/* Kernels up to 7.0: the mapping is in barmap[] after this. */
static int oldops_open(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_core(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_core_setup_barmap(vdev, 0);
	if (!ret && IS_ERR_OR_NULL((__force void *)vdev->barmap[0]))
		ret = -EIO;
	if (ret) {
		vfio_pci_core_disable(vdev);
		return ret;
	}
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

/* 6.1: the driver frees the device. */
static void oldops_release(struct vfio_device *core_vdev)
{
	vfio_pci_core_release_dev(core_vdev);
	vfio_free_device(core_vdev);
}

/* Up to 6.19 a driver answered for its regions here. */
static long oldops_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;

	if (cmd != VFIO_DEVICE_GET_REGION_INFO)
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);
	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	if (info.index != VFIO_PCI_BAR0_REGION_INDEX)
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);

	info.offset = VFIO_PCI_INDEX_TO_OFFSET(info.index);
	info.size = OLDOPS_SIZE;
	info.flags = VFIO_REGION_INFO_FLAG_READ;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static struct file *oldops_set_state(struct vfio_device *core_vdev,
				     enum vfio_device_mig_state new_state)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int oldops_get_state(struct vfio_device *core_vdev, enum vfio_device_mig_state *state)
{
	*state = VFIO_DEVICE_STATE_RUNNING;
	return 0;
}

static int oldops_get_data_size(struct vfio_device *core_vdev, unsigned long *stop_copy_length)
{
	*stop_copy_length = OLDOPS_DATA_SIZE;
	return 0;
}

static const struct vfio_migration_ops mig_6_1 = {
	.migration_set_state	= oldops_set_state,
	.migration_get_state	= oldops_get_state,
};

static const struct vfio_migration_ops mig_6_2 = {
	.migration_set_state		= oldops_set_state,
	.migration_get_state		= oldops_get_state,
	.migration_get_data_size	= oldops_get_data_size,
};

static const struct vfio_migration_ops mig_stateless = {
	.migration_set_state	= oldops_set_state,
};

static int init_with(struct vfio_device *core_vdev, const struct vfio_migration_ops *mig)
{
	core_vdev->mig_ops = mig;
	core_vdev->migration_flags = VFIO_MIGRATION_STOP_COPY;
	return vfio_pci_core_init_dev(core_vdev);
}

static int init_mig_6_1(struct vfio_device *core_vdev)
{
	return init_with(core_vdev, &mig_6_1);
}

static int init_mig_6_2(struct vfio_device *core_vdev)
{
	return init_with(core_vdev, &mig_6_2);
}

static int init_mig_stateless(struct vfio_device *core_vdev)
{
	return init_with(core_vdev, &mig_stateless);
}

/* Without .init, which the one without it has not, and .ioctl. */
#define FORM_6_1								\
	.release		= oldops_release,				\
	.open_device		= oldops_open,					\
	.close_device		= vfio_pci_core_close_device,			\
	.device_feature		= vfio_pci_core_ioctl_feature,			\
	.read			= vfio_pci_core_read,				\
	.write			= vfio_pci_core_write,				\
	.mmap			= vfio_pci_core_mmap,				\
	.request		= vfio_pci_core_request,			\
	.match			= vfio_pci_core_match
#define FORM_6_2								\
	FORM_6_1,								\
	.bind_iommufd		= vfio_iommufd_physical_bind,			\
	.unbind_iommufd		= vfio_iommufd_physical_unbind,			\
	.attach_ioas		= vfio_iommufd_physical_attach_ioas
#define FORM_6_6								\
	FORM_6_2,								\
	.detach_ioas		= vfio_iommufd_physical_detach_ioas
#define FORM_6_15								\
	FORM_6_6,								\
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas,	\
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas
#define FORM_6_17								\
	FORM_6_15,								\
	.match_token_uuid	= vfio_pci_core_match_token_uuid
#define FORM_7_0								\
	FORM_6_17,								\
	.get_region_info_caps	= vfio_pci_ioctl_get_region_info

#define FORM(_name, _init, _ioctl, ...) \
	{ .name = "oldops-" _name, .init = _init, .ioctl = _ioctl, __VA_ARGS__ }

static const struct vfio_device_ops forms[] = {
	FORM("6.1", init_mig_6_1, vfio_pci_core_ioctl, FORM_6_1),
	FORM("6.2", init_mig_6_2, vfio_pci_core_ioctl, FORM_6_2),
	FORM("6.6", vfio_pci_core_init_dev, vfio_pci_core_ioctl, FORM_6_6),
	FORM("6.15", vfio_pci_core_init_dev, vfio_pci_core_ioctl, FORM_6_15),
	FORM("6.17", vfio_pci_core_init_dev, vfio_pci_core_ioctl, FORM_6_17),
	FORM("7.0", init_mig_6_2, vfio_pci_core_ioctl, FORM_7_0),
	FORM("ioctl", vfio_pci_core_init_dev, oldops_ioctl, FORM_6_6),
	FORM("no-init", NULL, vfio_pci_core_ioctl, FORM_6_6),
	FORM("no-get-state", init_mig_stateless, vfio_pci_core_ioctl, FORM_6_6),
};

static struct pci_driver drivers[ARRAY_SIZE(forms)];

static int oldops_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct vfio_device_ops *ops = &forms[to_pci_driver(pdev->dev.driver) - drivers];
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void oldops_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static void unregister(unsigned int n)
{
	while (n--)
		pci_unregister_driver(&drivers[n]);
}

static int __init oldops_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		drivers[i].name = forms[i].name;
		drivers[i].probe = oldops_probe;
		drivers[i].remove = oldops_remove;
		drivers[i].err_handler = &vfio_pci_core_err_handlers;
		/* Instead of vfio_pci_core_sriov_configure(): the core is not told. */
		drivers[i].sriov_configure = pci_sriov_configure_simple;
		drivers[i].driver_managed_dma = true;
		ret = pci_register_driver(&drivers[i]);
		if (ret) {
			unregister(i);
			return ret;
		}
	}
	return 0;
}
module_init(oldops_init);

static void __exit oldops_exit(void)
{
	unregister(ARRAY_SIZE(forms));
}
module_exit(oldops_exit);

MODULE_DESCRIPTION("Test module: variant drivers in the form of older kernels");
MODULE_LICENSE("GPL");
