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
 * What the driver says it got, VFIO_REGION_INFO_CAP_SDK_MEMTYPE, in the same form; flags follow the
 * type: " refused", " mtrr". "" without the capability.
 */
const char *memtype_granted(struct vfio_dev *dev, unsigned int bar);

/* Type of a page-table entry: "wb", "wc", "uc-", "uc", ...; "none" without an entry. */
const char *memtype_of_entry(struct pt_entry entry);

/* Has every page of the range an entry of that type? *@bad is the first that has not. */
bool memtype_everywhere(const void *addr, size_t len, const char *type, const void **bad);

/* Has the kernel's command line that word? */
bool booted_with(const char *word);

/* The page attribute table is on: without it, only the capability means something. */
bool memtype_pat(void);

/* A kernel that maps BARs by larger entries: by 2 MiB since 6.12. */
bool memtype_huge(void);

#endif
