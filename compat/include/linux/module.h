/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/module.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/module.h>

#ifndef VFIO_PCI_SDK_COMPAT_MODULE_H
#define VFIO_PCI_SDK_COMPAT_MODULE_H

/*
 * The kernel's macro turns its argument into a string, quotes included if it is one already.  gas
 * strips the quotes of a macro argument, so this takes the name with or without them: headers of
 * these kernels (<linux/pwm.h>) leave them out.
 */
#ifndef HAVE_MODULE_IMPORT_NS_TAKES_STRING
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)						\
	asm(".pushsection .modinfo, \"a\"\n"				\
	    ".irp ns, " __stringify(ns) "\n"				\
	    ".asciz \"import_ns=\\ns\"\n"				\
	    ".endr\n"							\
	    ".popsection")
#endif

#endif /* VFIO_PCI_SDK_COMPAT_MODULE_H */
