/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/pci_regs.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/pci_regs.h>

#ifndef VFIO_PCI_SDK_COMPAT_PCI_REGS_H
#define VFIO_PCI_SDK_COMPAT_PCI_REGS_H

/* CXL r4.0, 8.1.3: the DVSEC of a device; these were names of the CXL driver before v7.0 */
#ifndef PCI_DVSEC_CXL_DEVICE
#define PCI_DVSEC_CXL_DEVICE			0
#define PCI_DVSEC_CXL_RANGE_SIZE_HIGH(i)	(0x18 + 0x10 * (i))
#define PCI_DVSEC_CXL_RANGE_SIZE_LOW(i)		(0x1c + 0x10 * (i))
#define PCI_DVSEC_CXL_MEM_INFO_VALID		0x00000001
#define PCI_DVSEC_CXL_MEM_ACTIVE		0x00000002
#define PCI_DVSEC_CXL_MEM_ACTIVE_TIMEOUT	0x0000e000
#endif

#endif /* VFIO_PCI_SDK_COMPAT_PCI_REGS_H */
