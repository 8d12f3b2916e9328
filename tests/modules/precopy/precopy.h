/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream of the test module precopy. */
#ifndef PRECOPY_H
#define PRECOPY_H

#define PRECOPY_MAGIC	0x79706f63	/* little endian, the first bytes */
#define PRECOPY_INITIAL	24
#define PRECOPY_FINAL	40

#endif
