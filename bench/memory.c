// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that an open device and a mapping hold: of the slab, what was allocated and not freed, as
 * the kernel's own trace events tell it; of page tables, what the process is charged for.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bench.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define TRACING "/sys/kernel/debug/tracing/"
#define OBJECTS 20000

/* The _node events are of kernels before 6.2. */
static const char *const events[] = { "kmalloc",	       "kmalloc_node",
				      "kmem_cache_alloc",      "kmem_cache_alloc_node",
				      "kfree",		       "kmem_cache_free" };

static struct object {
	char ptr[24];
	unsigned long bytes;
} objects[OBJECTS];
static unsigned int nr_objects;

static void trace(bool on)
{
	char path[128];

	for (unsigned int i = 0; i < sizeof(events) / sizeof(*events); i++) {
		snprintf(path, sizeof(path), TRACING "events/kmem/%s/enable", events[i]);
		write_file(path, on ? "1" : "0");
	}
}

static void begin(void)
{
	/* Opening it for writing empties it. */
	close(open(TRACING "trace", O_WRONLY | O_TRUNC));
	trace(true);
}

static const char *field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? at + strlen(name) : NULL;
}

static void account(const char *line, const char *us)
{
	const char *ptr = field(line, " ptr="), *bytes = field(line, " bytes_alloc=");
	char name[sizeof(objects->ptr)];

	if (!ptr || sscanf(ptr, "%23s", name) != 1)
		return;
	if (bytes && strstr(line, us)) {
		bench_must(nr_objects < OBJECTS);
		memcpy(objects[nr_objects].ptr, name, sizeof(name));
		objects[nr_objects++].bytes = strtoul(bytes, NULL, 10);
		return;
	}
	if (bytes)
		return;
	/* Freed by whomever: the kernel often leaves it to a worker. Mostly what came last. */
	for (unsigned int i = nr_objects; i--;) {
		if (strcmp(objects[i].ptr, name))
			continue;
		objects[i] = objects[--nr_objects];
		return;
	}
}

/* Bytes that this process has allocated since begin() and that are not freed. */
static unsigned long held(void)
{
	unsigned long bytes = 0;
	char line[512], us[32];
	FILE *file;

	usleep(100000);
	trace(false);
	snprintf(us, sizeof(us), "-%d ", getpid());
	file = fopen(TRACING "trace", "r");
	bench_must(file);
	nr_objects = 0;
	while (fgets(line, sizeof(line), file))
		if (*line != '#')
			account(line, us);
	fclose(file);
	for (unsigned int i = 0; i < nr_objects; i++)
		bytes += objects[i].bytes;
	return bytes;
}

static unsigned long page_table_bytes(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long kib = 0;
	char line[256];

	bench_must(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %lu kB", &kib) == 1)
			break;
	fclose(file);
	return kib * KIB;
}

static void open_device(struct vfio_dev *dev, const char *name)
{
	close(dev->fd);
	begin();
	dev->fd = ioctl(dev->iommu->group[0].fd, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	bench_value("bytes", held(), "slab: open %s", name);
	bench_must(dev->fd >= 0);
	vfio_close(dev);
}

BENCH(devices)
{
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_edu, 0);
	open_device(&dev, "edu");
	bench_open(&dev, NULL, &pci_nvme, 0);
	open_device(&dev, "nvme");
}

BENCH(mappings)
{
	const unsigned int count = 1000;
	struct vfio_dev dev;

	bench_open_testdev(&dev, 64 * MIB);
	begin();
	for (unsigned int i = 0; i < count; i++)
		bench_touch(vfio_mmap(&dev, 2, i * PAGE, PAGE, PROT_READ), PAGE, PAGE);
	bench_value("bytes", held() / count, "slab: mapping (mean of %u)", count);
	vfio_close(&dev);
}

static void table_of(uint64_t size, bool whole)
{
	uint64_t align = size < GIB ? size : GIB;
	struct vfio_dev dev;
	unsigned long before;
	char *map;

	bench_open_testdev(&dev, size);
	map = bench_map(&dev, 2, 0, size, align, 0);
	before = page_table_bytes();
	bench_touch(map, whole ? size : PAGE, PAGE);
	bench_value("bytes", page_table_bytes() - before, "page tables: %s of %s touched",
		    whole ? "all" : "a page", bench_size(size));
	bench_unmap(map, size);
	vfio_close(&dev);
}

BENCH(tables)
{
	for (uint64_t size = MIB; size <= 4 * GIB; size *= 16) {
		table_of(size, false);
		table_of(size, true);
	}
}
