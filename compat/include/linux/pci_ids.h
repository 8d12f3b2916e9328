/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/pci_ids.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/pci_ids.h>

#ifndef PCI_VENDOR_ID_CXL
#define PCI_VENDOR_ID_CXL	0x1e98
#endif
