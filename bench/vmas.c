// SPDX-License-Identifier: GPL-2.0-only
/* Many small mappings, in one process and in many: map, touch, zap, unmap. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "bench.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define BAR 2

/* One page each, side by side. Mappings of device memory are never merged. */
static char *map_pages(struct vfio_dev *dev, unsigned int count)
{
	char *at = mmap(NULL, count * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bench_must(at != MAP_FAILED);
	munmap(at, count * PAGE);
	for (unsigned int i = 0; i < count; i++)
		if (mmap(at + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 dev->fd, VFIO_REGION_OFFSET(BAR) + i * PAGE) == MAP_FAILED)
			bench_must(!"mmap");
	return at;
}

/* The write that takes memory decode away, and with it all mappings. */
static void zap(struct vfio_dev *dev)
{
	uint16_t command = vfio_config_read(dev, PCI_COMMAND, 2) & ~PCI_COMMAND_MEMORY;

	bench_begin();
	vfio_config_write(dev, PCI_COMMAND, 2, command);
}

BENCH(one_process)
{
	struct vfio_dev dev;
	char *map;

	bench_open_testdev(&dev, 64 * MIB);
	for (unsigned int count = 1; count <= 4096; count *= 4) {
		bench_repeat {
			bench_settle();
			bench_begin();
			map = map_pages(&dev, count);
			bench_end(1, "pages mapped one by one: map %u", count);

			bench_begin();
			bench_touch(map, count * PAGE, PAGE);
			bench_end(1, "pages mapped one by one: touch %u", count);

			zap(&dev);
			bench_end(1, "pages mapped one by one: zap %u", count);
			vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);

			bench_begin();
			bench_unmap(map, count * PAGE);
			bench_end(1, "pages mapped one by one: unmap %u", count);
		}
	}
	vfio_close(&dev);
}

/* Children that have inherited 1000 mappings touch them all, and wait for the end of a pipe. */
static void with_processes(struct vfio_dev *dev, char *map, unsigned int processes)
{
	const unsigned int count = 1000;
	int ready[2], end[2];
	char c;

	bench_must(!pipe(ready) && !pipe(end));
	bench_settle();
	bench_begin();
	for (unsigned int i = 1; i < processes; i++) {
		if (fork())
			continue;
		close(end[1]);
		bench_touch(map, count * PAGE, PAGE);
		if (write(ready[1], "", 1) == 1 && read(end[0], &c, 1))
			_exit(1);
		_exit(0);
	}
	bench_touch(map, count * PAGE, PAGE);
	for (unsigned int i = 1; i < processes; i++)
		bench_must(read(ready[0], &c, 1) == 1);
	bench_end(1, "1000 pages in processes: fork and touch %u", processes);

	zap(dev);
	bench_end(1, "1000 pages in processes: zap %u", processes);
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);

	bench_settle();
	bench_begin();
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(end[i]);
	}
	while (wait(NULL) > 0)
		;
	bench_end(1, "1000 pages in processes: exit %u", processes);
}

BENCH(processes)
{
	struct vfio_dev dev;
	char *map;

	bench_open_testdev(&dev, 64 * MIB);
	map = map_pages(&dev, 1000);
	for (unsigned int processes = 1; processes <= 64; processes *= 2)
		with_processes(&dev, map, processes);
	vfio_close(&dev);
}

/* What is zapped is one mapping with many entries. */
BENCH(whole_bars)
{
	for (uint64_t size = PAGE; size <= 4 * GIB; size *= 16) {
		uint64_t align = size < 2 * MIB ? 2 * MIB : size < GIB ? size : GIB;
		struct vfio_dev dev;
		char *map;

		bench_open_testdev(&dev, size);
		map = bench_map(&dev, BAR, 0, size, align, 0);
		bench_repeat {
			bench_touch(map, size, PAGE);
			zap(&dev);
			bench_end(1, "zap by COMMAND: %s", bench_size(size));
			vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
		}
		bench_unmap(map, size);
		vfio_close(&dev);
	}
}
