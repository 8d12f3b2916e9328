/* SPDX-License-Identifier: GPL-2.0-only */
/* <uapi/linux/vfio.h> as Linux 7.3 has it, on older kernels. */
#if !defined(HAVE_VFIO_HAS_PRE_COPY) && !defined(VFIO_PCI_SDK_COMPAT_UAPI_VFIO_H)
/* The enumeration grows where the kernel's header defines it, so that a switch knows all states. */
#define VFSDK_LIST(...)	__VA_ARGS__
#define VFIO_DEVICE_STATE_RUNNING_P2P						\
	VFSDK_LIST(VFIO_DEVICE_STATE_PRE_COPY = 6,				\
		   VFIO_DEVICE_STATE_PRE_COPY_P2P = 7,				\
		   VFIO_DEVICE_STATE_NR,					\
		   VFIO_DEVICE_STATE_RUNNING_P2P)
#include_next <uapi/linux/vfio.h>
#undef VFIO_DEVICE_STATE_RUNNING_P2P
#undef VFSDK_LIST
#else
#include_next <uapi/linux/vfio.h>
#endif

#ifndef VFIO_PCI_SDK_COMPAT_UAPI_VFIO_H
#define VFIO_PCI_SDK_COMPAT_UAPI_VFIO_H

/* PRE_COPY (in v6.2) */
#ifndef HAVE_VFIO_HAS_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY			BIT(2)

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};

#define VFIO_MIG_GET_PRECOPY_INFO		_IO(VFIO_TYPE, VFIO_BASE + 21)
#endif

/* Estimated length of the data of STOP_COPY (in v6.2) */
#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9

struct vfio_device_feature_mig_data_size {
	__aligned_u64 stop_copy_length;
};
#endif

/* Flags of struct vfio_precopy_info (after v7.0) */
#ifndef VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2
#define VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2	12
#define VFIO_PRECOPY_INFO_REINIT		BIT(0)
#endif

/* Linux kernel ("vfio/pci: Extend VFIO_DEVICE_GET_INFO with atomics") (in v6.6) */
#ifndef VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
#define VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP	5
struct vfio_device_info_cap_pci_atomic_comp {
	struct vfio_info_cap_header header;
	__u32 flags;
	__u32 reserved;
};

#define VFIO_PCI_ATOMIC_COMP32	BIT(0)
#define VFIO_PCI_ATOMIC_COMP64	BIT(1)
#define VFIO_PCI_ATOMIC_COMP128	BIT(2)
#endif

/* Hot reset by iommufd device id (in v6.6) */
#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID		BIT(0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED	BIT(1)
#define VFIO_PCI_DEVID_OWNED			0
#define VFIO_PCI_DEVID_NOT_OWNED		(-1)
#endif

#ifndef VFIO_DEVICE_FEATURE_DMA_BUF
#define VFIO_DEVICE_FEATURE_DMA_BUF	11
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
#endif

#ifndef VFIO_DEVICE_FEATURE_ZPCI_ERROR
#define VFIO_DEVICE_FEATURE_ZPCI_ERROR	13
#endif

#endif /* VFIO_PCI_SDK_COMPAT_UAPI_VFIO_H */
