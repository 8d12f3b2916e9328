// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "bench.h"
#include "mem.h"
#include "module.h"

#define ROUNDS 3

/* The kernel's timer comes every 4 ms; a gap of this many instructions was made by it. */
#define TICK_PERIOD 4000000
#define TICK	    (2 * TICK_PERIOD)
#define TICK_GAP    1500
#define CPU_PHASES  16

/* The CPU's clock, which under icount goes on by one for each instruction: lab/vm sets its rate. */
static uint64_t ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	uint64_t now;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now) : : "memory");
	return now;
#endif
}

static struct bench *benches;
static unsigned int turn;
static uint64_t began;
unsigned int bench_sample = 1;

void bench_register(struct bench *bench)
{
	struct bench **end = &benches;

	while (*end)
		end = &(*end)->next;
	*end = bench;
}

/* Begins right after a timer tick: what takes less than 4 ms is then never interrupted by one. */
static void wait_for_tick(void)
{
	uint64_t start = ticks(), last = start, t;

	do {
		for (volatile int i = 0; i < 50; i++)
			;
		t = ticks();
		if (t - last > TICK_GAP)
			return;
		last = t;
	} while (t - start < TICK);
}

static void print(const char *unit, uint64_t value, const char *fmt, va_list ap)
{
	if (!bench_sample)
		return;
	printf("%s,", unit);
	vprintf(fmt, ap);
	printf(",%s,%u,%lu\n", vfio_driver(), turn, value);
}

void bench_value(const char *unit, uint64_t value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(unit, value, fmt, ap);
	va_end(ap);
}

uint64_t bench_clock(void)
{
	return ticks();
}

/* Virtual time, which passes at once when there is nothing to do. */
void bench_settle(void)
{
	usleep(100000);
}

uint64_t bench_start(void)
{
	wait_for_tick();
	return ticks();
}

void bench_begin(void)
{
	began = bench_start();
}

void bench_end(unsigned int count, const char *fmt, ...)
{
	uint64_t end = ticks();
	va_list ap;

	va_start(ap, fmt);
	print("instructions", (end - began) / count, fmt, ap);
	va_end(ap);
}

static uint64_t cpu_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/*
 * What sleeps meets the timer again and again, and costs some hundred instructions more or less by
 * when in its period it began. Begin everywhere in it, each driver at the same places.
 */
void bench_begin_cpu(void)
{
	uint64_t at = bench_start() + bench_sample % CPU_PHASES * (TICK_PERIOD / CPU_PHASES);

	while (ticks() < at)
		;
	began = cpu_clock();
}

void bench_end_cpu(unsigned int count, const char *fmt, ...)
{
	uint64_t end = cpu_clock();
	va_list ap;

	va_start(ap, fmt);
	print("instructions", (end - began) / count, fmt, ap);
	va_end(ap);
}

void bench_check(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	printf("# %s:%d: not true: %s; errno %d (%s)\n", file, line, what, errno, strerror(errno));
	fflush(stdout);
	_exit(1);
}

const char *bench_size(uint64_t bytes)
{
	static char text[32];

	if (bytes < MIB)
		snprintf(text, sizeof(text), "%lu KiB", bytes / KIB);
	else if (bytes < GIB)
		snprintf(text, sizeof(text), "%lu MiB", bytes / MIB);
	else
		snprintf(text, sizeof(text), "%lu GiB", bytes / GIB);
	return text;
}

void bench_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const struct pci_id *id,
		unsigned int n)
{
	char bdf[BDF_LEN];

	bench_must(!pci_find(id, n, bdf));
	bench_must(!vfio_open(dev, iommu, bdf));
}

void bench_open_testdev(struct vfio_dev *dev, uint64_t size)
{
	uint64_t start, end, flags;
	char bdf[BDF_LEN];

	for (unsigned int n = 0;; n++) {
		bench_must(!pci_find(&pci_testdev, n, bdf));
		if (pci_resource(bdf, 2, &start, &end, &flags) && end - start + 1 == size)
			break;
	}
	bench_must(!vfio_open(dev, NULL, bdf));
}

char *bench_map(struct vfio_dev *dev, unsigned int index, uint64_t offset, size_t len, size_t align,
		size_t shift)
{
	size_t room = len + 2 * align;
	char *hole = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at, *map;

	bench_must(hole != MAP_FAILED);
	at = (char *)(((uintptr_t)hole + align - 1) & ~(align - 1)) + shift;
	munmap(hole, room);
	map = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, dev->fd,
		   VFIO_REGION_OFFSET(index) + offset);
	bench_must(map == at);
	return map;
}

void bench_unmap(char *map, size_t len)
{
	bench_must(!munmap(map, len));
}

void bench_touch(const char *map, size_t len, size_t step)
{
	for (size_t at = 0; at < len; at += step)
		*(const volatile uint32_t *)(map + at);
}

static bool run(const struct bench *bench, const char *driver)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setenv("VFIO_DRIVER", driver, 1);
		bench->run();
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == pid && !status)
		return true;
	printf("# %s on %s failed\n", bench->name, driver);
	return false;
}

/* 1000 turns of two instructions each, measured by the clock of all cases. */
static bool clock_counts_instructions(void)
{
	unsigned long turns = 1000;
	uint64_t start;

	wait_for_tick();
	start = ticks();
#ifdef __x86_64__
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(turns));
#else
	__asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
#endif
	start = ticks() - start;
	return start >= 2000 && start < 2100;
}

int main(void)
{
	unsigned int count = 0, failed = 0;

	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	if (!clock_counts_instructions()) {
		printf("# this machine's clock does not count instructions: say make bench\n");
		return 1;
	}
	for (; bench_drivers[count]; count++) {
		if (module_load(bench_drivers[count], "")) {
			printf("# cannot load %s: see dmesg\n", bench_drivers[count]);
			return 1;
		}
	}

	for (turn = 0; turn < ROUNDS; turn++)
		for (unsigned int i = 0; i < count; i++)
			for (struct bench *b = benches; b; b = b->next)
				failed += !run(b, bench_drivers[turn % 2 ? count - 1 - i : i]);
	return failed ? 1 : 0;
}
