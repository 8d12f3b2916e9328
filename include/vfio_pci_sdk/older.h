/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers written for Linux 6.1 and later use that Linux 7.3 no longer has.  Included by
 * <linux/vfio_pci_core.h>; new code uses none of it.
 */
#ifndef VFIO_PCI_SDK_OLDER_H
#define VFIO_PCI_SDK_OLDER_H

/* Up to v6.1 .release freed the device.  Here it is freed after .release, on every kernel. */
#define vfio_free_device(_core_vdev)	((void)(_core_vdev))

/**
 * vfio_pci_core_setup_barmap - map a BAR, whose address is then in vdev->barmap[]
 * @vdev: the device, enabled
 * @bar: number of the BAR
 *
 * The older form of vfio_pci_core_get_iomap().
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
static inline int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *vdev, int bar)
{
	return PTR_ERR_OR_ZERO((__force void *)vfio_pci_core_get_iomap(vdev, bar));
}

/* It changed the devices of all drivers, so nothing can stand in for it. */
void vfio_pci_core_set_params(bool nointxmask, bool is_disable_vga, bool is_disable_idle_d3)
	__compiletime_error("set nointxmask, disable_vga and disable_idle_d3 of vdev in .init");

#endif /* VFIO_PCI_SDK_OLDER_H */
