// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mem.h"
#include "../modules/ptwalk/ptwalk.h"

static __thread sigjmp_buf *volatile bus_error;

static void on_sigbus(int sig)
{
	if (bus_error)
		siglongjmp(*bus_error, 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

unsigned long mem_page_size;

/* Before main(), and before constructors without a priority. */
static void __attribute__((constructor(101))) ask_page_size(void)
{
	mem_page_size = sysconf(_SC_PAGESIZE);
}

/* A signal handler stays for the whole program: it only acts between arm and disarm. */
static void __attribute__((constructor)) catch_sigbus(void)
{
	struct sigaction action = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
}

bool try_read32(const volatile void *addr, uint32_t *value)
{
	sigjmp_buf here;
	uint32_t seen;

	/* Masks need not be restored: SA_NODEFER leaves them alone, and saving costs two calls. */
	if (sigsetjmp(here, 0)) {
		bus_error = NULL;
		return false;
	}
	bus_error = &here;
	seen = *(const volatile uint32_t *)addr;
	bus_error = NULL;
	if (value)
		*value = seen;
	return true;
}

bool try_write32(volatile void *addr, uint32_t value)
{
	sigjmp_buf here;

	if (sigsetjmp(here, 0)) {
		bus_error = NULL;
		return false;
	}
	bus_error = &here;
	*(volatile uint32_t *)addr = value;
	bus_error = NULL;
	return true;
}

long fault_count(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static int pt_file(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/ptwalk", O_RDWR | O_CLOEXEC);
	return fd;
}

bool pt_available(void)
{
	return pt_file() >= 0;
}

struct pt_entry pt_lookup(const void *addr)
{
	struct ptwalk query = { .addr = (uintptr_t)addr };
	struct pt_entry entry = { 0 };

	if (!ioctl(pt_file(), PTWALK_LOOKUP, &query)) {
		entry.size = query.size;
		entry.value = query.entry;
		entry.types = query.types;
	}
	return entry;
}

struct pt_count pt_count(const void *addr, size_t len)
{
	struct pt_count count = { 0 };
	uintptr_t at = (uintptr_t)addr, end = at + len;

	while (at < end) {
		struct pt_entry entry = pt_lookup((void *)at);
		uint64_t step = entry.size ?: PAGE;

		if (!entry.size)
			count.none++;
		else if (entry.size == PAGE)
			count.pte++;
		else if (entry.size == PMD)
			count.pmd++;
		else
			count.pud++;
		at = (at | (step - 1)) + 1;
	}
	return count;
}

void memtype_of(uint64_t start, uint64_t end, char *types, size_t len)
{
	FILE *list = fopen("/sys/kernel/debug/x86/pat_memtype_list", "r");
	unsigned long long from, to;
	char line[256], type[64];

	snprintf(types, len, "%s", list ? "" : "?");
	if (!list)
		return;
	while (fgets(line, sizeof(line), list)) {
		/* "PAT: [mem 0xfe800000-0xfe900000] uncached-minus", the end being exclusive */
		if (sscanf(line, "PAT: [mem %llx-%llx] %63s", &from, &to, type) != 3)
			continue;
		if (from >= end || to <= start || strstr(types, type))
			continue;
		if (*types)
			strncat(types, "+", len - strlen(types) - 1);
		strncat(types, type, len - strlen(types) - 1);
	}
	fclose(list);
}

bool mem_huge_entries(void)
{
	int fd = open("/sys/module/ptwalk/parameters/pmd", O_RDONLY | O_CLOEXEC);
	char c = 'N';

	if (fd < 0 || read(fd, &c, 1) != 1)
		c = 'N';
	if (fd >= 0)
		close(fd);
	return c == 'Y';
}
