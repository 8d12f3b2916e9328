/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What programs need to know of the SDK's core beyond <linux/vfio.h>. */
#ifndef VFIO_PCI_SDK_UAPI_H
#define VFIO_PCI_SDK_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/*
 * Capability of VFIO_DEVICE_GET_REGION_INFO: the memory type that each part of a BAR really has, as
 * verified in the page tables when the device was opened.  BARs whose driver declared no type are
 * uncached and do not have it.  The kernel hands out ids from 1 up; programs skip unknown ones.
 */
#define VFIO_REGION_INFO_CAP_SDK_MEMTYPE	0x8001

#define VFIO_PCI_SDK_MEMTYPE_UC			0
#define VFIO_PCI_SDK_MEMTYPE_WC			1

/* The driver declared write-combining here and the kernel did not grant it. */
#define VFIO_PCI_SDK_MEMTYPE_REFUSED		0x1
/* PAT is off: a range register (MTRR) makes the range combine, page-table entries say uncached. */
#define VFIO_PCI_SDK_MEMTYPE_MTRR		0x2

/**
 * struct vfio_pci_sdk_memtype_range - a part of a BAR of one memory type
 * @offset: in the region
 * @size: in bytes
 * @type: VFIO_PCI_SDK_MEMTYPE_UC or _WC
 * @flags: VFIO_PCI_SDK_MEMTYPE_REFUSED, _MTRR
 */
struct vfio_pci_sdk_memtype_range {
	__u64 offset;
	__u64 size;
	__u32 type;
	__u32 flags;
};

/**
 * struct vfio_region_info_cap_sdk_memtype - the capability
 * @header: version 1
 * @nr_ranges: how many ranges follow
 * @reserved: 0
 * @ranges: sorted; they cover the BAR
 */
struct vfio_region_info_cap_sdk_memtype {
	struct vfio_info_cap_header header;
	__u32 nr_ranges;
	__u32 reserved;
	struct vfio_pci_sdk_memtype_range ranges[];
};

#endif /* VFIO_PCI_SDK_UAPI_H */
