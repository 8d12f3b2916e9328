// SPDX-License-Identifier: GPL-2.0-only
#include <sys/random.h>
#include <time.h>

#include "util.h"

unsigned int test_slowdown(void)
{
	int factor = atoi(getenv("TEST_SLOWDOWN") ?: "1");

	return factor > 1 ? factor : 1;
}

unsigned int test_seed(void)
{
	const char *given = getenv("SEED");
	unsigned int seed = 0;

	if (given)
		seed = strtoul(given, NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		perror("getrandom");
	printf("# SEED=%u repeats this\n", seed);
	return seed;
}

double test_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}
