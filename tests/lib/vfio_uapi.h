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

struct vfio_device_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
};
#define VFIO_DEVICE_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)

#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID	     (1 << 0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED (1 << 1)
#define VFIO_PCI_DEVID_OWNED		     0
#define VFIO_PCI_DEVID_NOT_OWNED	     (-1)
#endif

/* Linux kernel ("vfio/pci: Do vf_token checks for VFIO_DEVICE_BIND_IOMMUFD") (in v6.17) */
#ifndef VFIO_DEVICE_BIND_FLAG_TOKEN
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1 << 0)
#endif
/* The request with its younger member, under a name of our own. */
struct vfio_bind_with_token {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
	__u64 token_uuid_ptr;
};

/* Linux kernel ("vfio/pci: Add dma-buf export support for MMIO regions") (in v6.19) */
#ifndef VFIO_DEVICE_FEATURE_DMA_BUF
struct vfio_region_dma_range {
	__u64 offset;
	__u64 length;
};

struct vfio_device_feature_dma_buf {
	__u32 region_index;
	__u32 open_flags;
	__u32 flags;
	__u32 nr_ranges;
	struct vfio_region_dma_range dma_ranges[];
};
#define VFIO_DEVICE_FEATURE_DMA_BUF 11
#endif

/* Linux kernel ("vfio: Extend the device migration protocol with PRE_COPY") (in v6.2) */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY	       (1 << 2)
#define VFIO_DEVICE_STATE_PRE_COPY     6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P 7

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__u64 initial_bytes;
	__u64 dirty_bytes;
};
#define VFIO_MIG_GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)
#endif

/* Linux kernel ("vfio: Add an option to get migration data size") (in v6.2) */
#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
struct vfio_device_feature_mig_data_size {
	__u64 stop_copy_length;
};
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9
#endif

/* After v7.0 */
#ifndef VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2
#define VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 12
#define VFIO_PRECOPY_INFO_REINIT	       (1 << 0)
#endif

/* <linux/iommufd.h> (in v6.2), under names of our own so that the two can meet. */
#define IOMMUFD_IOAS_ALLOC    _IO(';', 0x81)
#define IOMMUFD_IOAS_MAP      _IO(';', 0x85)
#define IOMMUFD_IOAS_UNMAP    _IO(';', 0x86)
#define IOMMUFD_IOAS_MAP_FILE _IO(';', 0x8f) /* (in v6.13) */

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

struct iommufd_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__u64 start;
	__u64 length;
	__u64 iova;
};

struct iommufd_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__u64 iova;
	__u64 length;
};

#endif
