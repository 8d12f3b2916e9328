/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/eventfd.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/eventfd.h>

#ifndef VFIO_PCI_SDK_COMPAT_EVENTFD_H
#define VFIO_PCI_SDK_COMPAT_EVENTFD_H

/* The second argument is added to the counter; all callers pass 1. */
#ifndef HAVE_EVENTFD_SIGNAL_HAS_1_ARG
#define eventfd_signal(ctx)	((void)(eventfd_signal)(ctx, 1))
#endif

#endif /* VFIO_PCI_SDK_COMPAT_EVENTFD_H */
