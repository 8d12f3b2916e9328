/* SPDX-License-Identifier: GPL-2.0-only */
/* The test module ptwalk: asks by which page-table entry an address of the caller is mapped. */
#ifndef TESTS_MODULES_PTWALK_H
#define TESTS_MODULES_PTWALK_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct ptwalk {
	__u64 addr;
	__u64 size; /* bytes that the entry maps, 0 when there is none */
	__u64 entry;
	__u64 types; /* arm64: MAIR_EL1 */
};

#define PTWALK_LOOKUP _IOWR('p', 0xf0, struct ptwalk)

#endif
