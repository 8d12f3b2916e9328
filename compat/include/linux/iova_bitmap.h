/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/iova_bitmap.h>, and whether there is anything behind it. */
#include_next <linux/iova_bitmap.h>

#ifndef VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H
#define VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H

/**
 * iova_bitmap_works - can a dirty log be reported on this kernel?
 *
 * From v6.7 on, a kernel built without CONFIG_IOMMUFD_DRIVER has empty functions: vfio.ko starts a
 * log and then fails each report of it.
 *
 * Return: true if it can.
 */
#ifdef HAVE_IOVA_BITMAP_WORKS
#define iova_bitmap_works()	true
#else
#define iova_bitmap_works()	false
#endif

#endif /* VFIO_PCI_SDK_COMPAT_IOVA_BITMAP_H */
