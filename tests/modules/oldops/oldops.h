/* SPDX-License-Identifier: GPL-2.0-only */
/* What the drivers of the test module oldops answer. */
#ifndef OLDOPS_H
#define OLDOPS_H

#define OLDOPS_SIZE		0x2000	/* of BAR 0, as "oldops-ioctl" tells it */
#define OLDOPS_DATA_SIZE	0x321	/* of the migration data of "oldops-7.0" */

#endif
