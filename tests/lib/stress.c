// SPDX-License-Identifier: GPL-2.0-only
/* make stress: mappings and reads, each checked against the epoch of its device. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "stress.h"

struct shared *shared;

unsigned int dice(struct job *job, unsigned int sides)
{
	return rand_r(&job->seed) % sides;
}

void wrong(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The first few tell what it is. */
	if (shared->wrong++ < 10)
		printf("# WRONG: %s\n", text);
	shared->stop = true;
}

static void count_access(struct target *t, unsigned int before, bool worked, uint32_t value,
			 uint64_t offset, const char *how)
{
	uint32_t want = t->memory ? MARK + offset / PAGE : t->want;

	if (!worked)
		t->refused++;
	else if (value != want)
		wrong("%s %s at %#jx: %#x, not %#x", t->name, how, (uintmax_t)offset, value, want);
	else if ((before & 1) && before == t->epoch)
		wrong("%s %s at %#jx: worked while decode or power was off", t->name, how,
		      (uintmax_t)offset);
	else
		t->good++;
}

/* @map shows the BAR from @offset on; false when the access was refused. */
bool touch(struct target *t, const char *map, uint64_t offset, size_t at)
{
	unsigned int before = t->epoch;
	uint32_t value = 0;
	bool worked = try_read32(map + at + (t->memory ? 0 : t->offset), &value);

	count_access(t, before, worked, value, offset + at, "mapping");
	return worked;
}

void *map_window(struct target *t, uint64_t offset, size_t len)
{
	void *map = vfio_mmap(&t->dev, t->bar, offset, len, PROT_READ | PROT_WRITE);

	if (map == MAP_FAILED)
		wrong("%s: mmap of %#zx at %#jx: %s", t->name, len, (uintmax_t)offset,
		      strerror(errno));
	else
		t->mappings++;
	return map;
}

/* Only the first page of registers reads the same each time. */
static size_t some_page(struct job *job, size_t len)
{
	return job->target->memory ? dice(job, len / PAGE) * PAGE : 0;
}

static void in_a_fork(struct job *job, const char *map, uint64_t offset, size_t len)
{
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 20; i++)
			touch(job->target, map, offset, some_page(job, len));
		_exit(0);
	}
	shared->forks++;
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		wrong("fork: %s", strerror(errno));
}

static void map_and_unmap(struct job *job)
{
	struct target *t = job->target;
	size_t len = t->size, at, cut;
	uint64_t offset = 0;
	char *map;

	if (t->memory) {
		len = PAGE << dice(job, 11);
		offset = dice(job, (t->size - len) / PAGE + 1) * PAGE;
		if (dice(job, 2))
			offset -= offset % len;
	}
	map = map_window(t, offset, len);
	if (map == MAP_FAILED)
		return;
	for (int i = dice(job, 40); i >= 0; i--)
		touch(t, map, offset, some_page(job, len));
	switch (dice(job, 6)) {
	case 0:
		in_a_fork(job, map, offset, len);
		break;
	case 1: /* the tail goes first, by munmap() or mremap() */
		cut = PAGE + some_page(job, len);
		if (cut < len && (dice(job, 2) ? munmap(map + cut, len - cut) :
						 mremap(map, len, cut, 0) != map))
			wrong("%s: shrinking %#zx to %#zx: %s", t->name, len, cut, strerror(errno));
		touch(t, map, offset, some_page(job, cut));
		len = cut < len ? cut : len;
		break;
	case 2: /* a hole */
		at = some_page(job, len);
		if (at && at + PAGE < len && munmap(map + at, PAGE))
			wrong("%s: hole: %s", t->name, strerror(errno));
		touch(t, map, offset, 0);
		break;
	}
	munmap(map, len);
}

/* A thread beside the one that maps: it has one mapping and looks at it. */
static void *look_on(void *arg)
{
	struct job *job = arg;
	struct target *t = job->target;
	size_t len = t->size < MAX_WINDOW ? t->size : MAX_WINDOW;
	char *map = map_window(t, 0, len);

	while (!shared->stop && map != MAP_FAILED) {
		touch(t, map, 0, some_page(job, len));
		/* QEMU reads registers under one big lock: leave it to the other workers. */
		usleep(dice(job, 100));
	}
	return NULL;
}

void run_mapper(struct job *job)
{
	struct job other = { job->target, job->seed + 1 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, look_on, &other))
		abort();
	while (!shared->stop)
		map_and_unmap(job);
	pthread_join(thread, NULL);
}

void run_reader(struct job *job)
{
	while (!shared->stop) {
		struct target *t = job->target = &shared->target[dice(job, TARGETS)];
		uint64_t at = t->memory ? dice(job, t->size / PAGE) * PAGE : 0;
		unsigned int before = t->epoch;
		uint32_t value = 0;
		int ret;

		/* In low power read() wakes the device up, rightly. */
		if (t == &shared->target[NVME])
			continue;
		ret = sys(pread(t->dev.fd, &value, 4,
				VFIO_REGION_OFFSET(t->bar) + at + (t->memory ? 0 : t->offset)));
		if (ret != 4 && ret != -EIO)
			wrong("%s: read: %d", t->name, ret);
		count_access(t, before, ret == 4, value, at, "read()");
	}
}
