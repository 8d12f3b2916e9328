/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/iova_bitmap.h>, and whether its functions are implemented. */
#include_next <linux/iova_bitmap.h>

#ifndef VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H
#define VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H

/**
 * iova_bitmap_works - tell whether a dirty log can be reported on this kernel
 *
 * From v6.7 on, the functions are empty stubs without CONFIG_IOMMUFD_DRIVER: vfio.ko starts a log
 * but each report of it fails.
 *
 * Return: true if it can.
 */
#ifdef HAVE_IOVA_BITMAP_WORKS
#define iova_bitmap_works()	true
#else
#define iova_bitmap_works()	false
#endif

#endif /* VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H */
