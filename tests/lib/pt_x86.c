// SPDX-License-Identifier: GPL-2.0-only
/* Page-table entries of x86: Intel SDM volume 3, chapter 4 (paging) and 12.12 (PAT). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "mem.h"

#define CR4_LA57   (1 << 12)
#define PT_PRESENT (1 << 0)
#define PT_PWT	   (1 << 3)
#define PT_PCD	   (1 << 4)
#define PT_DIRTY   (1 << 6)
#define PT_PSE	   (1 << 7)
#define PT_ADDR	   0xffffffffff000UL

const char *pt_type(struct pt_entry entry)
{
	/* What Linux has in the page attribute table, by the bits PAT, PCD, PWT of an entry. */
	static const char *const types[] = { "wb", "wc", "uc-", "uc", "wb", "wp", "uc-", "wt" };
	uint64_t pat = entry.size == PAGE ? 1 << 7 : 1 << 12;

	if (!entry.size)
		return "none";
	return types[(entry.value & pat ? 4 : 0) | (entry.value & PT_PCD ? 2 : 0) |
		     (entry.value & PT_PWT ? 1 : 0)];
}

bool pt_dirty(struct pt_entry entry)
{
	return entry.value & PT_DIRTY;
}

/* Keeps our page tables in the first CPU, whose the monitor shows. */
static void *occupy(void *stop)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	while (!*(atomic_bool *)stop)
		;
	return NULL;
}

/* The hexadecimal number that follows @before in what the monitor answers. */
static bool host_number(const char *command, const char *before, uint64_t *number)
{
	static char text[16384];
	const char *at;

	if (host_monitor(command, text, sizeof(text)))
		return false;
	at = strstr(text, before);
	if (at)
		*number = strtoull(at + strlen(before), NULL, 16);
	return at;
}

/* "info tlb" shows more than a gigabyte of lines where KASAN's shadow is mapped: walk by hand. */
static bool host_lookup(uintptr_t addr, struct pt_entry *entry)
{
	uint64_t cr4;
	char command[64];
	int shift;

	if (!host_number("info registers", "CR4=", &cr4) ||
	    !host_number("info registers", "CR3=", &entry->value))
		return false;

	for (shift = cr4 & CR4_LA57 ? 48 : 39; shift >= 12; shift -= 9) {
		snprintf(command, sizeof(command), "xp /1gx %#lx",
			 (entry->value & PT_ADDR) + (addr >> shift) % 512 * 8);
		if (!host_number(command, ": ", &entry->value))
			return false;
		entry->size = entry->value & PT_PRESENT ? 1UL << shift : 0;
		if (!entry->size || (shift <= 30 && entry->value & PT_PSE))
			break;
	}
	return true;
}

bool pt_lookup_host(const void *addr, struct pt_entry *entry)
{
	atomic_bool stop = false;
	pthread_t thread;
	bool known;

	if (pthread_create(&thread, NULL, occupy, &stop))
		return false;
	usleep(10000);
	known = host_lookup((uintptr_t)addr, entry);
	/* Another process may have come in between. */
	for (int i = 0; known && !entry->size && i < 2; i++)
		known = host_lookup((uintptr_t)addr, entry);
	stop = true;
	pthread_join(thread, NULL);
	return known;
}
