/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration: what must be true of any driver that offers it.  A test program includes this and
 * names its driver and device:
 *
 *	FIXTURE_VARIANT_ADD(live, acme) { .driver = "acme_vfio_pci", .id = &acme_id };
 */
#ifndef TESTS_LIB_LIVE_CONFORMANCE_H
#define TESTS_LIB_LIVE_CONFORMANCE_H

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "live.h"
#include "mem.h"
#include "module.h"
#include "variant.h"

#define ALL (1 << 20)

#define ERROR	     VFIO_DEVICE_STATE_ERROR
#define STOP	     VFIO_DEVICE_STATE_STOP
#define RUNNING	     VFIO_DEVICE_STATE_RUNNING
#define STOP_COPY    VFIO_DEVICE_STATE_STOP_COPY
#define RESUMING     VFIO_DEVICE_STATE_RESUMING
#define RUNNING_P2P  VFIO_DEVICE_STATE_RUNNING_P2P
#define PRE_COPY     VFIO_DEVICE_STATE_PRE_COPY
#define PRE_COPY_P2P VFIO_DEVICE_STATE_PRE_COPY_P2P

FIXTURE(live)
{
	char bdf[BDF_LEN];
	const char *driver;
	struct vfio_dev dev;
	struct live_data data; /* of the device as it is after open */
	uint32_t flags;
};

FIXTURE_VARIANT(live)
{
	const char *driver;
	const struct pci_id *id;
	unsigned int n;
	bool spare; /* LIVE_DRIVER= is not for this one */
};

static int reopen(FIXTURE_DATA(live) *self)
{
	vfio_close(&self->dev);
	return variant_open(&self->dev, NULL, self->bdf, self->driver);
}

FIXTURE_SETUP(live)
{
	const char *driver = getenv("LIVE_DRIVER");

	if (variant->spare && (driver || getenv("VFIO_SELFTESTS_BDF")))
		SKIP(return, "LIVE_DRIVER or VFIO_SELFTESTS_BDF names another driver or device");
	self->driver = variant->spare || !driver ? variant->driver : driver;
	if (variant_find(variant->id, variant->n, self->bdf))
		SKIP_NO_DEVICE(return, variant->id);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
	self->flags = live_flags(&self->dev);
	ASSERT_EQ(VFIO_MIGRATION_STOP_COPY, self->flags & VFIO_MIGRATION_STOP_COPY);
	ASSERT_EQ(RUNNING, live_get(&self->dev));
	ASSERT_EQ(0, live_save(&self->dev, &self->data, ALL));
	ASSERT_LT(LIVE_HEADER + 2 * LIVE_RECORD, self->data.len);
	ASSERT_EQ(0, live_set(&self->dev, RUNNING, NULL));
}

FIXTURE_TEARDOWN(live)
{
	live_free(&self->data);
	vfio_close(&self->dev);
}

/*
 * Brings the device there from RUNNING, with all that must be written before it can leave again;
 * *@fd is the data file, if the state has one.
 */
static int enter(FIXTURE_DATA(live) *self, uint32_t state, int *fd)
{
	static const char garbage[LIVE_HEADER] = "garbage";
	int err;

	*fd = LIVE_NO_FILE;
	switch (state) {
	case RUNNING:
		return 0;
	case ERROR:
		err = live_set(&self->dev, RESUMING, fd);
		if (err)
			return err;
		if (write(*fd, garbage, sizeof(garbage)) >= 0 || errno != EINVAL)
			return -EPROTO;
		close(*fd);
		*fd = LIVE_NO_FILE;
		return live_set(&self->dev, STOP, NULL) == -EINVAL ? 0 : -EPROTO;
	case RESUMING:
		return live_set(&self->dev, RESUMING, fd) ?:
		       live_write(*fd, self->data.buf, self->data.len, ALL);
	default:
		return live_set(&self->dev, state, fd);
	}
}

static bool offered(FIXTURE_DATA(live) *self, uint32_t state)
{
	return state == ERROR || live_allowed(self->flags, RUNNING, state);
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

TEST_F_TIMEOUT(live, arcs_8x8_match_uapi, 120)
{
	for (uint32_t from = 0; from < LIVE_STATES; from++) {
		for (uint32_t to = 0; offered(self, from) && to < LIVE_STATES + 2; to++) {
			bool allowed = live_allowed(self->flags, from, to);
			bool stays = from == to && from != ERROR;
			int fd, file, err;

			ASSERT_EQ(0, enter(self, from, &fd)) TH_LOG("%s", live_name(from));
			ASSERT_EQ((int)from, live_get(&self->dev)) TH_LOG("%s", live_name(from));
			err = live_set(&self->dev, to, &file);
			EXPECT_EQ(allowed || stays ? 0 : -EINVAL, err)
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			EXPECT_EQ(allowed && live_gives_file(from, to), file >= 0)
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			EXPECT_EQ((int)(err ? from : to), live_get(&self->dev))
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			close_file(file);
			close_file(fd);
			ASSERT_EQ(0, reopen(self));
			ASSERT_EQ(RUNNING, live_get(&self->dev));
		}
	}
}

/* All of a stream but the header is state, and saved twice it is the same. */
TEST_F_TIMEOUT(live, round_trip_of_any_chunk_restores_state, 120)
{
	static const size_t chunks[] = { 1, 7, 64, 4096, 65536 + 24, ALL };
	struct live_data again = {};

	EXPECT_LE(self->data.len, live_size(&self->dev));
	for (unsigned int i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
		/* Resets change what the buffer of livemem holds. */
		ASSERT_EQ(0, reopen(self));
		ASSERT_EQ(0, live_load(&self->dev, &self->data, chunks[i], RUNNING));
		ASSERT_EQ(0, live_save(&self->dev, &again, chunks[i]));
		ASSERT_EQ(self->data.len, again.len) TH_LOG("chunks of %zu", chunks[i]);
		EXPECT_EQ(0, memcmp(self->data.buf, again.buf, again.len))
		TH_LOG("chunks of %zu", chunks[i]);
		live_free(&again);
		EXPECT_EQ(0, live_set(&self->dev, RUNNING, NULL));
	}
}

TEST_F_TIMEOUT(live, round_trips_leave_nothing_behind, 240)
{
	struct live_data data = {};
	int trips = access("/proc/lockdep_stats", F_OK) ? 1000 : 200;

	for (int i = 0; i < trips; i++) {
		ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
		ASSERT_EQ(0, live_load(&self->dev, &data, ALL, RUNNING));
		live_free(&data);
	}
	TH_LOG("%d round trips", trips);
}

static int get_left(int fd, struct vfio_precopy_info *info)
{
	*info = (struct vfio_precopy_info) { .argsz = sizeof(*info), .flags = 0xffffffff };
	return sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info));
}

TEST_F(live, precopy_then_stop_copy_is_one_stream)
{
	struct vfio_precopy_info info;
	struct live_data data = {}, again = {};
	int fd, none;

	if (!(self->flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "the driver offers no PRE_COPY");
	ASSERT_EQ(0, live_set(&self->dev, PRE_COPY, &fd));
	EXPECT_EQ(0, get_left(fd, &info));
	EXPECT_LE(LIVE_HEADER, info.initial_bytes);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(-ENOMSG, live_read(fd, &data, 1000));
	EXPECT_EQ(0, get_left(fd, &info));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);
	info.argsz = 8;
	EXPECT_EQ(-EINVAL, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(-EFAULT, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, 8)));
	EXPECT_EQ(-ENOTTY, sys(ioctl(fd, VFIO_DEVICE_RESET)));
	ASSERT_EQ(0, live_set(&self->dev, STOP_COPY, &none));
	EXPECT_EQ(LIVE_NO_FILE, none);
	EXPECT_EQ(-EINVAL, get_left(fd, &info));
	EXPECT_EQ(0, live_read(fd, &data, 1000));
	close(fd);
	/* As a receiver that begins in the state a VMM without PRE_COPY begins in. */
	ASSERT_EQ(0, live_set(&self->dev, RUNNING, NULL));
	ASSERT_EQ(0, live_load(&self->dev, &data, 999, RUNNING));
	ASSERT_EQ(0, live_save(&self->dev, &again, ALL));
	EXPECT_EQ(self->data.len, again.len);
	live_free(&data);
	live_free(&again);
}

TEST_F(live, wrong_way_through_a_file_is_refused)
{
	void *volatile nowhere = (void *)8;
	char buf[64];
	int fd;

	ASSERT_EQ(0, live_set(&self->dev, STOP_COPY, &fd));
	EXPECT_EQ(-EBADF, sys(write(fd, buf, sizeof(buf))));
	EXPECT_EQ(-ESPIPE, sys(pread(fd, buf, sizeof(buf), 0)));
	EXPECT_EQ(-ESPIPE, sys(lseek(fd, 0, SEEK_SET)));
	EXPECT_EQ(-EFAULT, sys(read(fd, nowhere, sizeof(buf))));
	EXPECT_EQ(0, read(fd, buf, 0));
	/* The fault has lost nothing. */
	ASSERT_EQ(sizeof(buf), read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(self->data.buf, buf, sizeof(buf)));
	close(fd);
	ASSERT_EQ(0, live_set(&self->dev, RESUMING, &fd));
	EXPECT_EQ(-EBADF, sys(read(fd, buf, sizeof(buf))));
	EXPECT_EQ(-ESPIPE, sys(pwrite(fd, buf, sizeof(buf), 0)));
	EXPECT_EQ(-EFAULT, sys(write(fd, nowhere, sizeof(buf))));
	EXPECT_EQ(0, live_write(fd, self->data.buf, self->data.len, 100));
	EXPECT_EQ(0, live_set(&self->dev, RUNNING, NULL));
	EXPECT_EQ(-ENODEV, sys(write(fd, buf, sizeof(buf))));
	close(fd);
}

TEST_F(live, truncated_stream_stays_resuming_until_completed)
{
	const size_t cuts[] = { 0, 1, 63, 64, 65, 87, 88, 89, self->data.len - 25,
				self->data.len - 24, self->data.len - 1 };
	int fd;

	for (unsigned int i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		size_t cut = cuts[i];

		ASSERT_EQ(0, live_set(&self->dev, RESUMING, &fd));
		ASSERT_EQ(0, live_write(fd, self->data.buf, cut, ALL));
		EXPECT_EQ(-EINVAL, live_set(&self->dev, RUNNING, NULL)) TH_LOG("%zu bytes", cut);
		EXPECT_EQ(RESUMING, live_get(&self->dev)) TH_LOG("%zu bytes", cut);
		EXPECT_EQ(0, live_write(fd, self->data.buf + cut, self->data.len - cut, ALL));
		EXPECT_EQ(0, live_set(&self->dev, RUNNING, NULL)) TH_LOG("%zu bytes", cut);
		close(fd);
	}
}

/* Each way to spoil a stream: what to do to a copy of it. */
struct spoil {
	const char *what;
	size_t at;
	uint8_t flip;
	size_t seal_at, seal_len; /* checksum made right afterwards */
};

static const struct spoil spoils[] = {
	{ "magic", 0, 1, 0, LIVE_HEADER },
	{ "format", 8, 2, 0, LIVE_HEADER },
	{ "header length", 12, 1, 0, LIVE_HEADER },
	{ "vendor", 16, 1, 0, LIVE_HEADER },
	{ "device", 18, 1, 0, LIVE_HEADER },
	{ "subsystem vendor", 20, 1, 0, LIVE_HEADER },
	{ "subsystem device", 22, 1, 0, LIVE_HEADER },
	{ "version of the future", 24, 0x80, 0, LIVE_HEADER },
	{ "driver", 28, 1, 0, LIVE_HEADER },
	{ "driver, behind its end", 59, 1, 0, LIVE_HEADER },
	{ "header checksum", 60, 1, 0, 0 },
	{ "header bit", 25, 1, 0, 0 },
	{ "type", 64, 4, 64, LIVE_RECORD },
	{ "no more but more", 64, 1, 64, LIVE_RECORD },
	{ "length of 2 GiB", 71, 0x80, 64, LIVE_RECORD },
	{ "position", 72, 1, 64, LIVE_RECORD },
	{ "checksum of data", 80, 1, 64, LIVE_RECORD },
	{ "record checksum", 84, 1, 0, 0 },
};

static void spoilt_is_error(struct __test_metadata *_metadata, FIXTURE_DATA(live) *self,
			    const char *what, const char *buf, size_t len)
{
	int fd;

	ASSERT_EQ(0, live_set(&self->dev, RESUMING, &fd));
	EXPECT_EQ(-EINVAL, live_write(fd, buf, len, ALL)) TH_LOG("%s", what);
	EXPECT_EQ(RESUMING, live_get(&self->dev)) TH_LOG("%s", what);
	EXPECT_EQ(-EINVAL, sys(write(fd, "more", 4))) TH_LOG("%s", what);
	EXPECT_EQ(-EINVAL, live_set(&self->dev, RUNNING, NULL)) TH_LOG("%s", what);
	EXPECT_EQ(ERROR, live_get(&self->dev)) TH_LOG("%s", what);
	EXPECT_EQ(-ENODEV, sys(write(fd, "more", 4))) TH_LOG("%s", what);
	close(fd);
	ASSERT_EQ(0, reopen(self));
	ASSERT_EQ(RUNNING, live_get(&self->dev)) TH_LOG("%s", what);
}

TEST_F_TIMEOUT(live, spoilt_stream_is_refused_and_ends_in_error, 60)
{
	char *copy = malloc(self->data.len + 1);
	uint32_t seed = 1;

	for (unsigned int i = 0; i < sizeof(spoils) / sizeof(*spoils); i++) {
		const struct spoil *spoil = &spoils[i];

		memcpy(copy, self->data.buf, self->data.len);
		copy[spoil->at] ^= spoil->flip;
		if (spoil->seal_len)
			live_seal(copy + spoil->seal_at, spoil->seal_len);
		spoilt_is_error(_metadata, self, spoil->what, copy, self->data.len);
	}
	memcpy(copy, self->data.buf, self->data.len);
	copy[self->data.len] = 0;
	spoilt_is_error(_metadata, self, "a byte more", copy, self->data.len + 1);
	/* END says how much there was. */
	copy[self->data.len - 16]++;
	live_seal(copy + self->data.len - LIVE_RECORD, LIVE_RECORD);
	spoilt_is_error(_metadata, self, "wrong sum", copy, self->data.len);
	for (size_t i = 0; i < self->data.len; i++)
		copy[i] = (seed = seed * 1103515245 + 12345) >> 16;
	spoilt_is_error(_metadata, self, "noise", copy, self->data.len);
	free(copy);
}

/* The file of a session that is over: it answers, and touches nothing. */
static void is_dead(struct __test_metadata *_metadata, int fd, const char *how, uint32_t state)
{
	struct vfio_precopy_info info;
	char buf[16] = "";

	if (fd < 0)
		return;
	if (state == RESUMING) {
		EXPECT_EQ(-ENODEV, sys(write(fd, buf, sizeof(buf)))) TH_LOG("%s", how);
	} else {
		EXPECT_EQ(-ENODEV, sys(read(fd, buf, sizeof(buf))))
		TH_LOG("%s in %s", how, live_name(state));
		EXPECT_EQ(-ENODEV, get_left(fd, &info))
		TH_LOG("%s in %s", how, live_name(state));
	}
}

static void reset_in_each(struct __test_metadata *_metadata, FIXTURE_DATA(live) *self,
			  const char *how, int (*reset)(FIXTURE_DATA(live) *self))
{
	int fd, err;

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd)) TH_LOG("%s", live_name(state));
		err = reset(self);
		if (err == -ENOTTY) {
			close_file(fd);
			ASSERT_EQ(0, reopen(self));
			SKIP(return, "this device has no %s", how);
		}
		ASSERT_EQ(0, err) TH_LOG("%s in %s", how, live_name(state));
		EXPECT_EQ(RUNNING, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		is_dead(_metadata, fd, how, state);
		close_file(fd);
	}
}

static int reset_by_user(FIXTURE_DATA(live) *self)
{
	return variant_reset(&self->dev, self->driver);
}

TEST_F_TIMEOUT(live, user_reset_in_each_state_means_running, 60)
{
	reset_in_each(_metadata, self, "reset of its own or by its slot", reset_by_user);
}

static int reset_by_sysfs(FIXTURE_DATA(live) *self)
{
	int err = pci_write_attr(self->bdf, "reset", "1");

	return err == -ENOENT || err == -EACCES ? -ENOTTY : err;
}

TEST_F_TIMEOUT(live, sysfs_reset_in_each_state_means_running, 60)
{
	reset_in_each(_metadata, self, "reset in sysfs", reset_by_sysfs);
}

TEST_F_TIMEOUT(live, close_and_unbind_in_each_state_end_files, 60)
{
	int fd[LIVE_STATES];

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		fd[state] = LIVE_NO_FILE;
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd[state]));
		vfio_close(&self->dev);
		is_dead(_metadata, fd[state], "closed", state);
		ASSERT_EQ(0, pci_unbind(self->bdf));
		is_dead(_metadata, fd[state], "unbound", state);
		ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
		EXPECT_EQ(RUNNING, live_get(&self->dev));
	}
	/* They hold the core, but not the driver. */
	vfio_close(&self->dev);
	EXPECT_EQ(0, module_unload(self->driver));
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		is_dead(_metadata, fd[state], "unloaded", state);
		close_file(fd[state]);
	}
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
}

TEST_F(live, power_down_in_each_state_keeps_it)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	int fd;

	if (!pm)
		SKIP(return, "this device has no power management capability");
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd));
		vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3);
		EXPECT_EQ((int)state, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 0);
		EXPECT_EQ((int)state, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		close_file(fd);
		ASSERT_EQ(0, reopen(self));
	}
}

static void *remove_device(void *bdf)
{
	return (void *)(intptr_t)pci_write_attr(bdf, "remove", "1");
}

/* Like a hot unplug: removing the driver waits until the user has closed the device. */
TEST_F_TIMEOUT(live, removal_in_each_state_ends_files, 120)
{
	int fd[LIVE_STATES];
	pthread_t thread;
	void *err;

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		fd[state] = LIVE_NO_FILE;
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd[state]));
		ASSERT_EQ(0, pthread_create(&thread, NULL, remove_device, self->bdf));
		usleep(20000);
		EXPECT_EQ((int)state, live_get(&self->dev));
		vfio_close_device(&self->dev);
		ASSERT_EQ(0, pthread_join(thread, &err));
		vfio_close(&self->dev);
		ASSERT_NULL(err);
		is_dead(_metadata, fd[state], "removed", state);
		ASSERT_EQ(0, write_file("/sys/bus/pci/rescan", "1"));
		ASSERT_TRUE(pci_bind_new(self->bdf, self->driver, SOON * test_slowdown()));
		ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
		EXPECT_EQ(RUNNING, live_get(&self->dev));
	}
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		is_dead(_metadata, fd[state], "removed and found again", state);
		close_file(fd[state]);
	}
}

/* A data file never waits for an event, so poll() always returns at once. */
TEST_F(live, files_are_always_ready)
{
	struct pollfd poll_fd = {};

	ASSERT_EQ(0, live_set(&self->dev, STOP_COPY, &poll_fd.fd));
	poll_fd.events = POLLIN;
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLIN, poll_fd.revents);
	close(poll_fd.fd);
	ASSERT_EQ(0, live_set(&self->dev, RESUMING, &poll_fd.fd));
	poll_fd.events = POLLOUT;
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLOUT, poll_fd.revents);
	EXPECT_EQ(0, live_set(&self->dev, STOP_COPY, NULL) ? 0 : -EPROTO);
	close(poll_fd.fd);
}

/* ---- two threads ---- */

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
