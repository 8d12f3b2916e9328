/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by a driver after <linux/vfio_pci_core.h>: stops the build when that was the kernel's
 * header, with which the driver would silently link to the kernel's own core.
 */
#ifndef VFIO_PCI_SDK_CORE
#error "not the SDK's vfio_pci_core.h: put -I$(SDK)/include -I$(SDK)/compat/include first"
#endif
