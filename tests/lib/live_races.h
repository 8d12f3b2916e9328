/* SPDX-License-Identifier: GPL-2.0-only */
/* Live migration by two threads at once, and beside resets.  Part of live_conformance.h. */
#ifndef TESTS_LIB_LIVE_RACES_H
#define TESTS_LIB_LIVE_RACES_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "live_fixture.h"
#include "mem.h"

struct race {
	FIXTURE_DATA(live) *self;
	atomic_bool stop;
	int fd;
	char *bar;
	struct live_data got;
	int err;
	unsigned long rounds;
};

static void *read_some(void *arg)
{
	struct race *race = arg;

	race->err = live_read(race->fd, &race->got, 1);
	return NULL;
}

TEST_F_TIMEOUT(live, two_readers_share_one_stream, 60)
{
	struct race race[2] = { { .self = self }, { .self = self } };
	pthread_t thread[2];
	int fd;

	ASSERT_EQ(0, live_set(&self->dev, STOP_COPY, &fd));
	for (int i = 0; i < 2; i++) {
		race[i].fd = fd;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, read_some, &race[i]));
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, race[i].err);
	}
	EXPECT_EQ(self->data.len, race[0].got.len + race[1].got.len);
	live_free(&race[0].got);
	live_free(&race[1].got);
	close(fd);
}

/* Saves and loads again and again, through a buffer that may be the device's own BAR. */
static void *save_and_load(void *arg)
{
	struct race *race = arg;
	struct vfio_dev *dev = &race->self->dev;
	char *buf = race->bar;
	int fd;

	while (!atomic_load(&race->stop)) {
		race->rounds++;
		if (!live_set(dev, STOP_COPY, &fd)) {
			while (read(fd, buf, PAGE) > 0)
				;
			close(fd);
		}
		if (!live_set(dev, RESUMING, &fd)) {
			for (int i = 0; i < 20 && write(fd, buf, PAGE) > 0; i++)
				;
			close(fd);
		}
	}
	return NULL;
}

/* A hot reset only tries each memory_lock, and gives up while a fault or an arc holds one. */
static int reset_when_free(struct vfio_dev *dev, const char *driver)
{
	int err = -EBUSY;

	for (int i = 0; i < 1000 && err == -EBUSY; i++) {
		err = variant_reset(dev, driver);
		if (err == -EBUSY)
			usleep(500);
	}
	return err;
}

static void reset_while(struct __test_metadata *_metadata, FIXTURE_DATA(live) *self, char *buf,
			int rounds)
{
	struct race race = { .self = self, .bar = buf };
	pthread_t thread;
	int err = 0;

	ASSERT_EQ(0, pthread_create(&thread, NULL, save_and_load, &race));
	for (int i = 0; i < rounds && !err; i++)
		err = reset_when_free(&self->dev, self->driver);
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	if (err == -ENOTTY)
		SKIP(return, "this device cannot be reset");
	ASSERT_EQ(0, err);
	EXPECT_LT(0, race.rounds);
	/* With nobody else at it the reset decides. */
	ASSERT_EQ(0, variant_reset(&self->dev, self->driver));
	EXPECT_EQ(RUNNING, live_get(&self->dev));
	TH_LOG("%lu rounds of saving and loading beside %d resets", race.rounds, rounds);
}

TEST_F_TIMEOUT(live, reset_while_saving_and_loading_ends, 60)
{
	static char buf[65536]; /* a page, of whatever size */

	reset_while(_metadata, self, buf, 30);
}

/*
 * The copy to or from the BAR faults when a reset has taken it away, and waits for the reset. If
 * the reset waited for a lock that is held over the copy, both would wait for ever.
 */
TEST_F_TIMEOUT(live, reset_while_copying_to_own_bar_ends, 60)
{
	struct vfio_region_info info;
	char *bar = MAP_FAILED;

	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	for (unsigned int index = 0; index < 6 && bar == MAP_FAILED; index++)
		if (!vfio_region(&self->dev, index, &info) && info.size >= 2 * PAGE)
			bar = vfio_mmap(&self->dev, index, PAGE, PAGE, PROT_READ | PROT_WRITE);
	if (bar == MAP_FAILED)
		SKIP(return, "this device has no BAR of two pages that can be mapped");
	reset_while(_metadata, self, bar, 10);
	munmap(bar, PAGE);
}

/* Copies byte by byte until that fails; more than the stream has is not written. */
static void *copy_until_end(void *arg)
{
	struct race *race = arg;
	char byte;
	ssize_t n;

	do {
		if (race->bar)
			n = write(race->fd, race->self->data.buf + race->rounds, 1);
		else
			n = read(race->fd, &byte, 1);
		if (n > 0 && ++race->rounds == race->self->data.len)
			break;
		atomic_store(&race->stop, true);
	} while (n > 0);
	race->err = n > 0 ? 0 : -errno;
	return NULL;
}

/* Close and unbind the device while a reader and a writer are active. */
TEST_F_TIMEOUT(live, close_and_unbind_while_copying_end, 120)
{
	static const uint32_t states[] = { STOP_COPY, RESUMING };
	unsigned int cut_short = 0;

	for (int i = 0; i < 40; i++) {
		struct race race = { .self = self, .bar = i & 1 ? self->data.buf : NULL };
		pthread_t thread;

		ASSERT_EQ(0, live_set(&self->dev, states[i & 1], &race.fd));
		ASSERT_EQ(0, pthread_create(&thread, NULL, copy_until_end, &race));
		while (!atomic_load(&race.stop))
			;
		vfio_close(&self->dev);
		if (i & 2) {
			ASSERT_EQ(0, pci_unbind(self->bdf));
		}
		pthread_join(thread, NULL);
		if (race.err) {
			EXPECT_EQ(-ENODEV, race.err) TH_LOG("%s", live_name(states[i & 1]));
			cut_short++;
		}
		is_dead(_metadata, race.fd, "closed", states[i & 1]);
		close(race.fd);
		ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
		ASSERT_EQ(RUNNING, live_get(&self->dev));
	}
	/* A short stream is over sooner. */
	if (self->data.len > PAGE) {
		EXPECT_LT(0, cut_short);
	}
	TH_LOG("%u of 40 files cut short", cut_short);
}

static void *change_states(void *arg)
{
	struct race *race = arg;
	unsigned int seed = (unsigned int)(uintptr_t)race;
	int fd;

	while (!atomic_load(&race->stop)) {
		if (!live_set(&race->self->dev, rand_r(&seed) % LIVE_STATES, &fd))
			close_file(fd);
		if (live_get(&race->self->dev) < 0)
			race->err = -EPROTO;
		race->rounds++;
	}
	return NULL;
}

TEST_F_TIMEOUT(live, states_from_many_threads_stay_sound, 60)
{
	struct race race[3] = { { .self = self }, { .self = self }, { .self = self } };
	pthread_t thread[3];
	int err = 0;

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, change_states, &race[i]));
	for (int i = 0; i < 10 && !err; i++) {
		usleep(100000);
		err = variant_reset(&self->dev, self->driver);
	}
	for (int i = 0; i < 3; i++) {
		atomic_store(&race[i].stop, true);
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, race[i].err);
		EXPECT_LT(0, race[i].rounds);
	}
	ASSERT_EQ(0, reopen(self));
	EXPECT_EQ(RUNNING, live_get(&self->dev));
}

#endif
