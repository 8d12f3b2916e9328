/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races: threads concurrently do what user space can do to a device, over and over, for a time.
 * test_seed() seeds the dice; the interleaving of the threads cannot be reproduced.
 *
 * A program whose name begins with race_ gets a virtual machine whose CPUs run in parallel.
 */
#ifndef TESTS_LIB_RACE_H
#define TESTS_LIB_RACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"
#include "vfio.h"

#define RACERS_MAX 12

struct racer {
	const char *name; /* what it does, for failure messages */
	void (*step)(struct racer *racer); /* once */
	void *arg;
	struct race *race;
	unsigned int seed;
	unsigned long good, refused; /* how often it got what it wanted, and how often not */
	/* The helper's own. */
	pthread_t thread;
	int tid;
	atomic_bool ended;
};

struct race {
	struct vfio_dev *dev;
	char *map;
	/* Odd while the memory is certain to be out of reach; protected by gate. */
	atomic_uint epoch;
	pthread_mutex_t gate;
	atomic_bool stop;
	/* What is wrong, the first of it. */
	atomic_flag is_wrong;
	char wrong[256];
	unsigned int nr;
	struct racer racers[RACERS_MAX];
};

#define RACE(device, mapping)                                                      \
	{                                                                          \
		.dev = (device), .map = (mapping), .is_wrong = ATOMIC_FLAG_INIT,   \
		.gate = PTHREAD_MUTEX_INITIALIZER,                                 \
	}

/*
 * NULL if two CPUs of this machine are measured to run in parallel; else the reason why not. Where
 * the lab has promised parallel CPUs (AT_ONCE), the test fails instead of being skipped.
 */
const char *race_cpus_take_turns(void);
#define RACE_OR_SKIP()                                                       \
	do {                                                                 \
		const char *__why = race_cpus_take_turns();                  \
                                                                             \
		if (__why && getenv("AT_ONCE")) {                            \
			ASSERT_STREQ("the CPUs of this machine run at once", __why); \
		}                                                            \
		if (__why)                                                   \
			SKIP(return, "%s: no race", __why);                  \
	} while (0)

/* Adds a thread that repeats @step. */
struct racer *race_add(struct race *race, const char *name, void (*step)(struct racer *racer),
		       void *arg);

/*
 * Starts all, ends them after @seconds, and waits for them. Returns "" when nothing was wrong and
 * all came to an end; else what was.
 */
const char *race_run(struct race *race, double seconds);

/* Says what is wrong, and ends the race. */
void race_wrong(struct racer *racer, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

unsigned int race_dice(struct racer *racer, unsigned int sides);

/*
 * Reads 32 bits at @addr of a mapping, or at @offset of a region by read(). What is read must be
 * @want; and nothing may be read while the memory is out of reach. False when it was refused.
 */
bool race_touch(struct racer *racer, const volatile void *addr, uint32_t want);
bool race_read(struct racer *racer, unsigned int region, uint64_t offset, uint32_t want);

/*
 * Call with gate held and the memory out of reach: waits a moment, during which no access may
 * succeed.
 */
void race_dwell(struct racer *racer);

/* Steps that many races want: memory decode off, a moment, and on again. */
void race_toggle_decode(struct racer *racer);

#endif
