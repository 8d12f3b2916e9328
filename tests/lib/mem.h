/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking at mappings: accesses that may fault, counts of faults, page-table entries. */
#ifndef TESTS_LIB_MEM_H
#define TESTS_LIB_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL

/* One 32-bit access; false when it raised SIGBUS. */
bool try_read32(const volatile void *addr, uint32_t *value);
bool try_write32(volatile void *addr, uint32_t value);

/* Page faults of this thread so far. */
long fault_count(void);

/* What a page of this process is mapped by, asked of the test module ptwalk. */
struct pt_entry {
	uint64_t size; /* of the entry: 4 KiB, 2 MiB, 1 GiB; 0 when there is none */
	uint64_t value;
};

#define PT_PWT	 (1 << 3)
#define PT_PCD	 (1 << 4)
#define PT_DIRTY (1 << 6)

bool pt_available(void);
struct pt_entry pt_lookup(const void *addr);
bool pt_write_combining(struct pt_entry entry);

/* How many entries of each size map the range. */
struct pt_count {
	unsigned int pte, pmd, pud, none;
};
struct pt_count pt_count(const void *addr, size_t len);

/*
 * Whether this kernel maps device memory with entries of 2 MiB: since 6.12, if it has transparent
 * huge pages, which PREEMPT_RT excludes.
 */
bool mem_huge_entries(void);
#define NO_HUGE_ENTRIES \
	"no huge entries for device memory: they need 6.12 and CONFIG_TRANSPARENT_HUGEPAGE, " \
	"use KERNEL=debian-6.12"

/*
 * Memory types that the kernel's page attribute table has for the physical range, "+"-separated,
 * like "uncached-minus"; "" when there is none, "?" when debugfs does not tell.
 */
void memtype_of(uint64_t start, uint64_t end, char *types, size_t len);

#endif
