/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/gfp.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/gfp.h>

#ifndef VFIO_PCI_SDK_COMPAT_GFP_H
#define VFIO_PCI_SDK_COMPAT_GFP_H

/* Renamed in v6.14, where the one that makes a list went. */
#ifndef alloc_pages_bulk
#define alloc_pages_bulk(gfp, nr_pages, page_array)	\
	alloc_pages_bulk_array(gfp, nr_pages, page_array)
#endif

#endif /* VFIO_PCI_SDK_COMPAT_GFP_H */
