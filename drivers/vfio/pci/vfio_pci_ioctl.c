// SPDX-License-Identifier: GPL-2.0-only
/* Dispatch of ioctls and device features.  Arguments are parsed by the callees. */
#include <linux/export.h>

#include "vfio_pci_priv.h"

/**
 * vfio_pci_core_ioctl - the ioctl callback of struct vfio_device_ops
 * @core_vdev: the device, open
 * @cmd: VFIO_DEVICE_*
 * @arg: user address of the command's structure
 *
 * vfio gets region info by get_region_info_caps.  VFIO_DEVICE_GET_REGION_INFO arrives here only
 * from drivers older than that callback, whose .ioctl passes on what it does not handle.
 *
 * Context: process, no lock held, device runtime-active.
 * Return: 0 or a positive result of the command, or -errno: -ENOTTY for an unknown command.
 */
long vfio_pci_core_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_SET_IRQS:
		return vfio_pci_ioctl_set_irqs(vdev, uarg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_pci_ioctl_get_irq_info(vdev, uarg);
	case VFIO_DEVICE_GET_INFO:
		return vfio_pci_ioctl_get_info(vdev, uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_pci_region_info_to_user(core_vdev, uarg,
						    vfio_pci_ioctl_get_region_info);
	case VFIO_DEVICE_IOEVENTFD:
		return vfio_pci_ioctl_ioeventfd(vdev, uarg);
	case VFIO_DEVICE_RESET:
		return vfio_pci_core_reset_function(vdev);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return vfio_pci_ioctl_pci_hot_reset(vdev, uarg);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return vfio_pci_ioctl_get_pci_hot_reset_info(vdev, uarg);
	default:
		return -ENOTTY;
	}
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioctl);

/**
 * vfio_pci_core_ioctl_feature - the device_feature callback of struct vfio_device_ops
 * @core_vdev: the device, open
 * @flags: VFIO_DEVICE_FEATURE_* with GET, SET or PROBE
 * @arg: user address of the feature's data
 * @argsz: size of the data in bytes
 *
 * Migration and dirty tracking never come here: vfio.ko serves them from the device's mig_ops and
 * log_ops.
 *
 * Context: process, no lock held, device runtime-active.
 * Return: 0 or a positive result of the feature, or -errno: -ENOTTY for an unsupported feature.
 */
int vfio_pci_core_ioctl_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				size_t argsz)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_PCI_VF_TOKEN:
		return vfio_pci_vf_token_feature(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
		return vfio_pci_low_power_entry(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
		return vfio_pci_low_power_entry_with_wakeup(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		return vfio_pci_low_power_exit(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_DMA_BUF:
		return vfio_pci_core_feature_dma_buf(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_ZPCI_ERROR:
		return vfio_pci_zdev_feature_err(core_vdev, flags, arg, argsz);
	default:
		return -ENOTTY;
	}
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioctl_feature);
