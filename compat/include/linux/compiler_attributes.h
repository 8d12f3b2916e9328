/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/compiler_attributes.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/compiler_attributes.h>

#ifndef VFIO_PCI_SDK_COMPAT_COMPILER_ATTRIBUTES_H
#define VFIO_PCI_SDK_COMPAT_COMPILER_ATTRIBUTES_H

/* Linux kernel ("compiler_attributes.h: Add __uninitialized macro") (in v6.11) */
#ifndef __uninitialized
#if __has_attribute(__uninitialized__)
#define __uninitialized	__attribute__((__uninitialized__))
#else
#define __uninitialized
#endif
#endif

#endif /* VFIO_PCI_SDK_COMPAT_COMPILER_ATTRIBUTES_H */
