/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by a driver after <linux/vfio_pci_core.h>: stops the build when that was the kernel's
 * header, with which the driver would silently link to the kernel's own core.
 */
#ifndef VFIO_PCI_SDK_CORE
#error "<linux/vfio_pci_core.h> is the kernel's, not the SDK's: put the SDK's include directories first (LINUXINCLUDE := -I$(SDK)/compat/include -I$(SDK)/include $(LINUXINCLUDE) in Kbuild)"
#endif
