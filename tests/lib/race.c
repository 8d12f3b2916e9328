// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "mem.h"
#include "race.h"

/*
 * Two CPUs pass a ball. Where they take turns each pass costs the rest of a turn, which is
 * milliseconds; where they run at once it takes microseconds, as long as the host leaves both of
 * them a CPU.
 */
#define PASSES	      5000
#define TRIAL_SECONDS 30.0

struct ball {
	atomic_uint passes;
	double end;
};

struct player {
	struct ball *ball;
	unsigned int nr;
};

static void *play(void *arg)
{
	struct player *player = arg;
	struct ball *ball = player->ball;
	cpu_set_t cpu;
	unsigned int looks = 0;

	CPU_ZERO(&cpu);
	CPU_SET(player->nr, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		return NULL;
	for (;;) {
		unsigned int passes = ball->passes;

		/* Do not use "pause": QEMU would let the other CPU run. */
		if (passes >= PASSES || (++looks % 4096 == 0 && test_now() > ball->end))
			return NULL;
		if (passes % 2 == player->nr)
			ball->passes = passes + 1;
	}
}

const char *race_cpus_take_turns(void)
{
	struct ball ball = { .end = test_now() + TRIAL_SECONDS };
	struct player players[2] = { { &ball, 0 }, { &ball, 1 } };
	pthread_t threads[2];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return "this machine has one CPU";
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, play, &players[i]))
			return "no thread can be started";
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return ball.passes >= PASSES ? NULL : "the CPUs of this machine take turns";
}

struct racer *race_add(struct race *race, const char *name, void (*step)(struct racer *racer),
		       void *arg)
{
	struct racer *racer = &race->racers[race->nr++];

	if (race->nr > RACERS_MAX)
		abort();
	*racer = (struct racer){ .name = name, .step = step, .arg = arg, .race = race };
	return racer;
}

void race_wrong(struct racer *racer, const char *fmt, ...)
{
	struct race *race = racer->race;
	va_list ap;
	int len;

	if (!atomic_flag_test_and_set(&race->is_wrong)) {
		len = snprintf(race->wrong, sizeof(race->wrong), "%s: ", racer->name);
		va_start(ap, fmt);
		vsnprintf(race->wrong + len, sizeof(race->wrong) - len, fmt, ap);
		va_end(ap);
	}
	race->stop = true;
}

unsigned int race_dice(struct racer *racer, unsigned int sides)
{
	return rand_r(&racer->seed) % sides;
}

static void *do_steps(void *arg)
{
	struct racer *racer = arg;

	racer->tid = syscall(SYS_gettid);
	while (!racer->race->stop)
		racer->step(racer);
	racer->ended = true;
	return NULL;
}

/* Print where in the kernel the racer is stuck, for debugging. */
static void show_stack(const struct racer *racer)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", racer->tid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		printf("# %s: %s", racer->name, line);
	if (file)
		fclose(file);
}

const char *race_run(struct race *race, double seconds)
{
	unsigned int seed = test_seed();
	double end = test_now() + seconds;

	for (unsigned int i = 0; i < race->nr; i++) {
		struct racer *racer = &race->racers[i];

		racer->seed = seed + 1000 * i;
		if (pthread_create(&racer->thread, NULL, do_steps, racer)) {
			racer->ended = true;
			race_wrong(racer, "no thread can be started");
			race->nr = i;
		}
	}
	while (!race->stop && test_now() < end)
		usleep(10000);
	race->stop = true;
	end = test_now() + 15 * test_slowdown();
	for (unsigned int i = 0; i < race->nr; i++) {
		struct racer *racer = &race->racers[i];

		while (!racer->ended && test_now() < end)
			usleep(1000);
		if (racer->ended) {
			pthread_join(racer->thread, NULL);
		} else {
			race_wrong(racer, "does not come to an end");
			show_stack(racer);
		}
		printf("# %s: %lu times, %lu refused\n", racer->name, racer->good, racer->refused);
		if (!racer->good)
			race_wrong(racer, "never got what it wanted");
	}
	return race->wrong;
}

static bool account(struct racer *racer, unsigned int before, bool worked, uint32_t value,
		    uint32_t want)
{
	if (!worked)
		racer->refused++;
	else if (value != want)
		race_wrong(racer, "%#x, not %#x", value, want);
	else if ((before & 1) && before == racer->race->epoch)
		race_wrong(racer, "worked while the memory was out of reach");
	else
		racer->good++;
	return worked;
}

bool race_touch(struct racer *racer, const volatile void *addr, uint32_t want)
{
	unsigned int before = racer->race->epoch;
	uint32_t value = 0;
	bool worked = try_read32(addr, &value);

	return account(racer, before, worked, value, want);
}

bool race_read(struct racer *racer, unsigned int region, uint64_t offset, uint32_t want)
{
	unsigned int before = racer->race->epoch;
	uint32_t value = 0;
	long ret = sys(pread(racer->race->dev->fd, &value, 4, VFIO_REGION_OFFSET(region) + offset));

	if (ret != 4 && ret != -EIO)
		race_wrong(racer, "read: %ld", ret);
	return account(racer, before, ret == 4, value, want);
}

void race_dwell(struct racer *racer)
{
	racer->race->epoch++;
	usleep(race_dice(racer, 200));
	racer->race->epoch++;
}

void race_toggle_decode(struct racer *racer)
{
	struct race *race = racer->race;

	pthread_mutex_lock(&race->gate);
	vfio_set_command(race->dev, PCI_COMMAND_MEMORY, 0);
	race_dwell(racer);
	vfio_set_command(race->dev, 0, PCI_COMMAND_MEMORY);
	pthread_mutex_unlock(&race->gate);
	racer->good++;
	usleep(race_dice(racer, 1000));
}
