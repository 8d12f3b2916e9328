/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program of benchmarks: each case runs on the kernel's own vfio-pci and on ours, several times,
 * in turns. One line of CSV for each value: unit, case, driver, round, value.
 *
 * The clock counts instructions: lab/vm --mode bench starts QEMU so that one takes one
 * nanosecond, and the time-stamp counter is read as it is.
 */
#ifndef BENCH_LIB_BENCH_H
#define BENCH_LIB_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio.h"

struct bench {
	const char *name;
	void (*run)(void);
	struct bench *next;
};

void bench_register(struct bench *bench);

/* A case runs in a child of its own, whose exit status 1 is a failure: see bench_must(). */
#define BENCH(id)                                                       \
	static void bench_##id(void);                                   \
	static struct bench bench_entry_##id = {                        \
		.name = #id,                                            \
		.run = bench_##id,                                      \
	};                                                              \
	static void __attribute__((constructor)) bench_add_##id(void)   \
	{                                                               \
		bench_register(&bench_entry_##id);                      \
	}                                                               \
	static void bench_##id(void)

/* The drivers to compare, NULL after the last: */
extern const char *const bench_drivers[];

/* One measurement: what happens between begin and end happened @count times. */
void bench_begin(void);
void bench_end(unsigned int count, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As above, for code that sleeps: counts only this thread, at the cost of one more system call. */
void bench_begin_cpu(void);
void bench_end_cpu(unsigned int count, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The clock itself; bench_start() reads it after a timer tick. */
uint64_t bench_start(void);
uint64_t bench_clock(void);

/*
 * Waits until RCU has freed what was unmapped before. It does so many objects at a time, in some
 * later interrupt, and would do it in the middle of what is measured next.
 */
void bench_settle(void);

/* A value that was not measured by begin and end. */
void bench_value(const char *unit, uint64_t value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* How often a case repeats its measurements. The first one warms up and is not told. */
#define BENCH_SAMPLES 4
#define bench_repeat bench_repeat_times(BENCH_SAMPLES)
/* What sleeps has the scheduler in it, now more, now less: it takes more to have a median. */
#define bench_repeat_sleeper bench_repeat_times(4 * BENCH_SAMPLES)
#define bench_repeat_times(n) for (bench_sample = 0; bench_sample <= (n); bench_sample++)
extern unsigned int bench_sample;

/* The case is pointless without it. */
#define bench_must(condition) bench_check(condition, #condition, __FILE__, __LINE__)
void bench_check(bool holds, const char *what, const char *file, int line);

/* "4 KiB" */
const char *bench_size(uint64_t bytes);

/* Opens device number @n of that kind; the program ends when there is none. */
void bench_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const struct pci_id *id,
		unsigned int n);
/* Opens the pci-testdev whose memory BAR has that size. */
void bench_open_testdev(struct vfio_dev *dev, uint64_t size);

/* Maps a region at an address that is @shift bytes after a multiple of @align. */
char *bench_map(struct vfio_dev *dev, unsigned int index, uint64_t offset, size_t len, size_t align,
		size_t shift);
void bench_unmap(char *map, size_t len);

/* Reads one word of each page. */
void bench_touch(const char *map, size_t len, size_t step);

#define KIB 1024UL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#endif
