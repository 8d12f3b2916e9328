// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to touch BARs of many sizes for the first time, whole and by single pages. What
 * the same accesses cost when nothing has to be mapped any more, the less of two times, is taken
 * off.
 */
#include "bench.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

enum direction { UP, DOWN };

static uint64_t piece(const char *map, size_t len, enum direction direction)
{
	uint64_t start = bench_start();

	if (direction == UP)
		bench_touch(map, len, PAGE);
	else
		for (size_t at = len; at; at -= PAGE)
			bench_touch(map + at - PAGE, PAGE, PAGE);
	return bench_clock() - start;
}

/* In pieces, so that the accesses alone do not last from one tick of the timer to the next. */
static uint64_t pass(const char *map, size_t len, enum direction direction)
{
	uint64_t sum = 0;

	for (size_t at = 0; at < len; at += GIB)
		sum += piece(map + at, len - at < GIB ? len - at : GIB, direction);
	return sum;
}

static uint64_t faults(const char *map, size_t len, enum direction direction)
{
	uint64_t first = pass(map, len, direction);
	uint64_t second = pass(map, len, direction), third = pass(map, len, direction);
	uint64_t accesses = second < third ? second : third;

	/* Less is possible only when something else interrupted both of the later passes. */
	return first > accesses ? first - accesses : 0;
}

static void zap(struct vfio_dev *dev)
{
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
}

BENCH(edu)
{
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_edu, 0);
	bench_repeat {
		char *map = bench_map(&dev, 0, 0, MIB, 2 * MIB, 0);

		bench_value("instructions", faults(map, MIB, UP), "touch edu: 1 MiB");
		bench_unmap(map, MIB);
	}
	vfio_close(&dev);
}

/* Aligned as a user who wants large entries would. */
BENCH(sizes)
{
	for (uint64_t size = PAGE; size <= 4 * GIB; size *= 4) {
		uint64_t align = size < 2 * MIB ? 2 * MIB : size < GIB ? size : GIB;
		struct vfio_dev dev;

		bench_open_testdev(&dev, size);
		bench_repeat {
			char *map;

			/* A million accesses take the emulator seconds: once is enough. */
			if (size > 64 * MIB && bench_sample != 1)
				continue;
			map = bench_map(&dev, 2, 0, size, align, 0);
			bench_value("instructions", faults(map, size, UP), "touch BAR: %s",
				    bench_size(size));
			bench_unmap(map, size);
		}
		vfio_close(&dev);
	}
}

/*
 * Address and offset do not agree, so that only small entries fit. After a zap page tables are
 * there: what is measured is the faults alone.
 */
BENCH(odd)
{
	static const uint64_t runs[] = { 64 * KIB, 68 * KIB, 132 * KIB, 256 * KIB, MIB };
	const size_t len = 16 * MIB;
	struct vfio_dev dev;

	bench_open_testdev(&dev, 256 * MIB);
	for (unsigned int n = 0; n < sizeof(runs) / sizeof(*runs); n++) {
		const char *size = bench_size(runs[n]);

		bench_repeat {
			char *map = bench_map(&dev, 2, 37 * PAGE, len, 2 * MIB, 3 * PAGE);
			char *run = map + 50 * PAGE;

			bench_value("instructions", faults(run, runs[n], UP),
				    "touch odd run: %s; page tables too", size);
			zap(&dev);
			bench_value("instructions", faults(run, runs[n], UP), "touch odd run: %s",
				    size);
			zap(&dev);
			bench_value("instructions", faults(run, runs[n], DOWN),
				    "touch odd run: %s; downwards", size);
			bench_unmap(map, len);
		}
	}
	vfio_close(&dev);
}

BENCH(page)
{
	const size_t len = 64 * MIB;
	struct vfio_dev dev;
	char *map;

	bench_open_testdev(&dev, 256 * MIB);
	map = bench_map(&dev, 2, 0, len, 2 * MIB, PAGE);
	bench_repeat {
		zap(&dev);
		bench_value("instructions", faults(map + 5 * MIB, PAGE, UP), "touch one page");
	}
	bench_unmap(map, len);

	bench_repeat {
		map = bench_map(&dev, 2, 0, len, 2 * MIB, PAGE);
		bench_value("instructions", faults(map + 5 * MIB, PAGE, UP),
			    "touch one page; page tables too");
		bench_unmap(map, len);
	}

	map = bench_map(&dev, 2, 0, len, 2 * MIB, 0);
	bench_repeat {
		zap(&dev);
		bench_value("instructions", faults(map + 6 * MIB, PAGE, UP),
			    "touch one large page");
	}
	bench_unmap(map, len);
	vfio_close(&dev);
}
