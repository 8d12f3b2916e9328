/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test and its module agree on. */
#ifndef SELFRESET_H
#define SELFRESET_H

#include <linux/vfio.h>

/* An ioctl whose argument is one of these: how to reset. */
#define SELFRESET	_IO(VFIO_TYPE, VFIO_BASE + 99)

/* Pages of BAR 2 whose memory type a driver declares before its .init fails. */
#define SELFRESET_RANGES	1024

enum selfreset_how {
	SELFRESET_TRY,		/* pci_try_reset_function() */
	SELFRESET_GUARD,	/* the same, memory_lock taken by guard() */
	SELFRESET_LOCKED,	/* __pci_reset_function_locked() */
	SELFRESET_BUS,		/* pci_reset_bus() */
	SELFRESET_WORKER,	/* by a worker, while the ioctl waits with memory_lock held */
	SELFRESET_CORE,		/* vfio_pci_core_reset_function() */
	SELFRESET_REVOKE,	/* pci_try_reset_function() between revoke and restore */
	SELFRESET_ACCESSING,	/* by a worker, which waits until the ioctl ends an access */
	SELFRESET_NR,
};

#endif
