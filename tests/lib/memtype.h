/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory types as the kernel, the driver and the page tables see them, as text to compare. */
#ifndef TESTS_LIB_MEMTYPE_H
#define TESTS_LIB_MEMTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"
#include "vfio.h"

/*
 * Reservations that the kernel holds in a BAR, in order: "0+1000 uc-, 1000+3000 wc", hexadecimal
 * offset and length; one that is held n times ends in " xn". "?" when debugfs does not tell.
 * Overwritten by the next call, as is the next one's result.
 */
const char *memtype_reserved(const char *bdf, unsigned int bar);

/*
 * The granted types as the driver reports them (VFIO_REGION_INFO_CAP_SDK_MEMTYPE), in the same
 * form; flags follow the type: " refused", " mtrr". "" without the capability.
 */
const char *memtype_granted(struct vfio_dev *dev, unsigned int bar);

/*
 * pt_type() of the entry of an address of ours as QEMU sees it, by its monitor: neither this kernel
 * nor a module of ours is involved. "?" where that cannot be asked.
 */
const char *memtype_of_host(const void *addr);

/*
 * Returns true if every page of the range has an entry of that type; else *@bad is the first
 * without.
 */
bool memtype_everywhere(const void *addr, size_t len, const char *type, const void **bad);

/* Has the kernel's command line that word? */
bool booted_with(const char *word);

/* The page attribute table is on: without it, only the capability means something. */
bool memtype_pat(void);

/*
 * True if the kernel tracks memory types by physical range and the first reservation of a range
 * decides, as on x86. Elsewhere the macros expect nothing.
 */
bool memtype_tracked(void);
#define EXPECT_RESERVED(text, bdf, bar) \
	EXPECT_STREQ(memtype_tracked() ? (text) : "?", memtype_reserved(bdf, bar))
#define ASSERT_RESERVED(text, bdf, bar) \
	ASSERT_STREQ(memtype_tracked() ? (text) : "?", memtype_reserved(bdf, bar))
#define NEED_TRACKING()                                                                   \
	do {                                                                              \
		if (!memtype_tracked())                                                   \
			SKIP(return, "no list of memory types on this architecture, so that " \
				     "no mapping is in another's way");                   \
	} while (0)

/*
 * Reloads the sample whose parameters declare write-combining ranges, with these ranges, and binds
 * it.
 */
#define MEMTYPE_DRIVER "wc-bar-vfio-pci"
int memtype_load(const char *parameters, const char *bdf);

/* Maps part of a BAR where its offset and its address agree modulo 1 GiB, or off by @skew. */
char *memtype_map(struct vfio_dev *dev, unsigned int bar, uint64_t offset, size_t len, size_t skew);

/* Reads each page, so that it has an entry. */
void memtype_touch(const volatile char *addr, size_t len);

/* Takes all entries of BARs away: memory decode off, and on. */
void memtype_zap(struct vfio_dev *dev);

#define NEED_PAT()                                                                          \
	do {                                                                                \
		if (!memtype_pat())                                                         \
			SKIP(return, "the page attribute table is off: run without nopat"); \
	} while (0)
#define NEED_ENTRIES()                                                           \
	do {                                                                     \
		if (!pt_available())                                             \
			SKIP(return, "the test module ptwalk is not loaded: make all builds it"); \
	} while (0)

/* Every page of the range must have that type; says which one has not, and by which entry. */
#define EXPECT_TYPE(type, addr, len)                                                   \
	do {                                                                           \
		const void *__at = NULL;                                               \
		EXPECT_TRUE(memtype_everywhere(addr, len, type, &__at))                \
		TH_LOG("offset %#lx: %s, entry %#llx of %#llx bytes",                  \
		       (unsigned long)((const char *)__at - (const char *)(addr)),     \
		       pt_type(pt_lookup(__at)),                              \
		       (unsigned long long)pt_lookup(__at).value,                      \
		       (unsigned long long)pt_lookup(__at).size);                      \
	} while (0)

#endif
