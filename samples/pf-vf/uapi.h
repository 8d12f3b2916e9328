/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What user space sees: a region of the VF, to be read, that the PF's driver fills. */
#ifndef PF_VF_UAPI_H
#define PF_VF_UAPI_H

#include <linux/types.h>

#define PF_VF_REGION_TYPE	0x80005046
#define PF_VF_REGION_SUBTYPE	1

/* Each read of the region is a call of its own. */
struct pf_vf_answer {
	__u32 vf;	/* number of the VF, from 0 */
	__u32 calls;	/* calls for VFs of this PF, with this one */
	__u32 reg;	/* a register of the PF */
	__u32 resets;	/* of the PF, since its driver was bound */
};

#endif
