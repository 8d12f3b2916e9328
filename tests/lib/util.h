/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests and benchmarks share that has to do neither with devices nor with the harness. */
#ifndef TESTS_LIB_UTIL_H
#define TESTS_LIB_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * How many times slower than a distribution's this kernel is, 1 or more: TEST_SLOWDOWN from the
 * environment. Tests get so many times longer, and what they do over and over they do so many times
 * less often.
 */
unsigned int test_slowdown(void);

/* Seconds on a monotonic clock that all processes share. */
double test_now(void);

/* Where a test starts to roll dice: SEED from the environment, else another one each time. */
unsigned int test_seed(void);

/* The result of a system call as the kernel gave it: the value, or -errno. */
static inline long sys(long ret)
{
	return ret < 0 ? -errno : ret;
}

#endif
