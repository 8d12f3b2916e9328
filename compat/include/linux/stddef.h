/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/stddef.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/stddef.h>

#ifndef VFIO_PCI_SDK_COMPAT_STDDEF_H
#define VFIO_PCI_SDK_COMPAT_STDDEF_H

/* How many elements a flexible array has: for checks that older kernels do not make. */
#ifndef __counted_by
#define __counted_by(...)
#endif
#ifndef __counted_by_le
#define __counted_by_le(...)
#define __counted_by_be(...)
#endif

#endif /* VFIO_PCI_SDK_COMPAT_STDDEF_H */
