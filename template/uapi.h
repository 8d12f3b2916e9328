/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space sees of edu-vfio-pci beyond vfio's own interface. */
#ifndef EDU_VFIO_PCI_UAPI_H
#define EDU_VFIO_PCI_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/*
 * The guard: a device-specific region of this type (found by VFIO_REGION_INFO_CAP_TYPE).
 *
 * Its first page is a struct edu_vfio_pci_status, which can be mapped for reading.
 * A 32-bit write at EDU_VFIO_PCI_CONTROL asks for the guarded page (not 0) or gives it
 * back (0).  It fails with EIO while the device's memory cannot be accessed, and with EBUSY once
 * the host wants the device back.
 */
#define EDU_VFIO_PCI_REGION_TYPE	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1234)
#define EDU_VFIO_PCI_REGION_SUBTYPE	1

#define EDU_VFIO_PCI_REGION_SIZE	0x20000

/* In no first page, however large pages are. */
#define EDU_VFIO_PCI_CONTROL		0x10000

/**
 * struct edu_vfio_pci_status - state of the guard
 * @granted: 1 while the guarded page may be touched; a reset, a power-down or memory decode
 *	switched off end it
 * @resets: resets of the function since it was bound to the driver
 */
struct edu_vfio_pci_status {
	__u32 granted;
	__u32 resets;
};

#endif
