/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/unaligned.h> as Linux 7.3 has it, on kernels that have <asm/unaligned.h>. */
#ifdef HAVE_LINUX_UNALIGNED
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
