/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking at mappings: accesses that may fault, counts of faults, page-table entries. */
#ifndef TESTS_LIB_MEM_H
#define TESTS_LIB_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a page of this kernel, and of the larger entries of its page tables. */
extern unsigned long mem_page_size;
#define PAGE	 mem_page_size
#define PMD	 (PAGE / 8 * PAGE)
#define PUD	 (PAGE / 8 * PMD)

/* One 32-bit access; false when it raised SIGBUS. */
bool try_read32(const volatile void *addr, uint32_t *value);
bool try_write32(volatile void *addr, uint32_t value);

/* Page faults of this thread so far. */
long fault_count(void);

/* The entry that maps a page of this process, as the test module ptwalk reads it. */
struct pt_entry {
	uint64_t size; /* of the entry: PAGE, PMD or PUD; 0 when there is none */
	uint64_t value;
	uint64_t types; /* arm64: MAIR_EL1, by which the entry's index is a memory type */
};

bool pt_available(void);
struct pt_entry pt_lookup(const void *addr);

/*
 * Of each architecture. Memory types have x86's names: "wb", "wc", "uc-", "uc", ...; on arm64 "wb"
 * is Normal write-back, "wc" Normal non-cacheable, "uc-" Device-nGnRnE, and others have the name
 * that arm64 gives them. "none" without an entry.
 */
const char *pt_type(struct pt_entry entry);
bool pt_dirty(struct pt_entry entry);
/* The same entry as QEMU sees it, by its monitor. False where that cannot be asked. */
bool pt_lookup_host(const void *addr, struct pt_entry *entry);

/* How many entries of each size map the range. */
struct pt_count {
	unsigned int pte, pmd, pud, none;
};
struct pt_count pt_count(const void *addr, size_t len);

/*
 * Whether this kernel maps device memory with entries of PMD: since 6.12, with transparent huge
 * pages, which PREEMPT_RT excludes. Asked of the test module ptwalk; false without it.
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
