/* SPDX-License-Identifier: GPL-2.0-only */
/* The test module dmaimport: each open file of it is an importer of one dma-buf. */
#ifndef TESTS_MODULES_DMAIMPORT_H
#define TESTS_MODULES_DMAIMPORT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DMAIMPORT_P2P	    0x1 /* says that it can do peer-to-peer DMA */
#define DMAIMPORT_REVOCABLE 0x2 /* unmaps when told to */
#define DMAIMPORT_SLOW	    0x4 /* but takes DMAIMPORT_DELAY for it */

#define DMAIMPORT_DELAY	    300 /* milliseconds */

struct dmaimport_attach {
	__s32 fd;
	__u32 flags;
	__u32 segment;
	__u8 bus, devfn; /* the PCI device that would do the DMA */
	__u16 reserved;
};

struct dmaimport_status {
	__u64 addr; /* where the device would find the first byte */
	__u64 size; /* of all that is mapped; 0 when nothing is */
	__u32 invalidations;
	__u32 reserved;
};

#define DMAIMPORT_ATTACH _IOW('d', 0xf0, struct dmaimport_attach)
#define DMAIMPORT_MAP	 _IO('d', 0xf1)
#define DMAIMPORT_UNMAP	 _IO('d', 0xf2)
#define DMAIMPORT_STATUS _IOR('d', 0xf3, struct dmaimport_status)

#endif
