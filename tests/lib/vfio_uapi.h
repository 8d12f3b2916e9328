/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's vfio and iommufd interface as far as tests use it and Debian 12's <linux/vfio.h>
 * (6.1) does not have it. Numbers and layouts are the kernel's; each part goes when the oldest
 * build machine has it.
 */
#ifndef TESTS_LIB_VFIO_UAPI_H
#define TESTS_LIB_VFIO_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/* Linux kernel ("vfio: Add VFIO_DEVICE_BIND_IOMMUFD") (in v6.6) */
#ifndef VFIO_DEVICE_BIND_IOMMUFD
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)

struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#endif

/* <linux/iommufd.h> (in v6.2), under names of our own so that the two can meet. */
#define IOMMUFD_IOAS_ALLOC _IO(';', 0x81)
#define IOMMUFD_IOAS_MAP   _IO(';', 0x85)
#define IOMMUFD_IOAS_UNMAP _IO(';', 0x86)

struct iommufd_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct iommufd_ioas_map {
	__u32 size;
	__u32 flags; /* FIXED_IOVA, WRITEABLE, READABLE */
	__u32 ioas_id;
	__u32 reserved;
	__u64 user_va;
	__u64 length;
	__u64 iova;
};
#define IOMMUFD_MAP_FIXED_RW 7

struct iommufd_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__u64 iova;
	__u64 length;
};

#endif
