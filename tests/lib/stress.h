/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make stress: its devices, and the accesses that are checked against their epochs.
 *
 * Each device has an epoch, which is odd while its memory is certain to be inaccessible: no access
 * within an odd epoch may succeed, and one that succeeds must read what the device has there, not
 * the all-ones of a bus without a decoder.
 */
#ifndef TESTS_LIB_STRESS_H
#define TESTS_LIB_STRESS_H

#include <pthread.h>
#include <stdatomic.h>

#include "vfio.h"

#define MARK	   0x57000000
#define MAX_WINDOW (1024 * PAGE) /* of a BAR, in one mapping */

/* One device, in memory that all processes share. */
struct target {
	const char *name;
	const struct pci_id *id;
	unsigned int nth, bar;
	uint64_t size, offset; /* of the BAR; of what is read in its first page */
	bool memory; /* every page of the BAR holds MARK and its number */
	uint32_t want;
	struct vfio_dev dev;
	/* gate: to make the epoch odd.  power: to reset the device or change its power. */
	pthread_mutex_t gate, power;
	atomic_uint epoch;
	atomic_uint naps; /* odd while its power changes */
	atomic_ulong good, refused, mappings;
};

enum { EDU, IVSHMEM, NVME, PAIR0, PAIR1, TARGETS };

struct shared {
	struct target target[TARGETS];
	struct vfio_iommu iommu;
	atomic_bool stop;
	/* pciehp's own locks make lockdep complain of a plug, and then it sees nothing of ours. */
	bool stays_plugged;
	atomic_ulong wrong, forks, interrupts, teardowns, resets, hot_resets, sleeps, opens, binds,
		unplugs;
};

extern struct shared *shared;

/* What one process or thread works with. */
struct job {
	struct target *target;
	unsigned int seed;
};

unsigned int dice(struct job *job, unsigned int sides);
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *map_window(struct target *t, uint64_t offset, size_t len);
bool touch(struct target *t, const char *map, uint64_t offset, size_t at);

/* Workers: they end when shared->stop is set. */
void run_mapper(struct job *job);
void run_reader(struct job *job);

#endif
