// SPDX-License-Identifier: GPL-2.0-only
/* Page-table entries of arm64: Arm Architecture Reference Manual, D8.3 and MAIR_EL1. */
#include <stdio.h>

#include "mem.h"

#define PT_READ_ONLY   (1ULL << 7)
#define PT_DBM	       (1ULL << 51) /* the first write clears PT_READ_ONLY */
#define PT_LINUX_DIRTY (1ULL << 55) /* left to software; what Linux notes there */

const char *pt_type(struct pt_entry entry)
{
	static const struct {
		uint8_t attributes;
		const char *name;
	} types[] = {
		{ 0x00, "uc-" }, { 0x04, "Device-nGnRE" }, { 0x44, "wc" },
		{ 0xff, "wb" },	 { 0xf0, "wb" }, /* tagged */
	};
	static char unknown[16];
	uint8_t attributes = entry.types >> (entry.value >> 2 & 7) * 8;

	if (!entry.size)
		return "none";
	for (unsigned int i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].attributes == attributes)
			return types[i].name;
	snprintf(unknown, sizeof(unknown), "MAIR %#x", attributes);
	return unknown;
}

bool pt_dirty(struct pt_entry entry)
{
	return entry.value & PT_LINUX_DIRTY ||
	       (entry.value & PT_DBM && !(entry.value & PT_READ_ONLY));
}

/* QEMU's monitor does not show where arm64's tables begin. */
bool pt_lookup_host(const void *addr, struct pt_entry *entry)
{
	return false;
}
