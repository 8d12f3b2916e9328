/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test and its module agree on. */
#ifndef WINDOW_H
#define WINDOW_H

#include <linux/vfio.h>

#define WINDOW_TYPE	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1234)
#define WINDOW_SUBTYPE	77
/* In BAR 0, one page. */
#define WINDOW_EXCLUDED	0x2000

#endif
