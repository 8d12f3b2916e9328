/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration: what goes through the data files, and what is refused.  Part of
 * live_conformance.h.
 */
#ifndef TESTS_LIB_LIVE_STREAMS_H
#define TESTS_LIB_LIVE_STREAMS_H

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "live_fixture.h"

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
	uint32_t seed = 1, checksum;

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
	/* Bulk has no checksums; else the first and the last byte of data are under one. */
	memcpy(&checksum, self->data.buf + LIVE_HEADER + 16, sizeof(checksum));
	for (int i = 0; checksum && i < 2; i++) {
		memcpy(copy, self->data.buf, self->data.len);
		copy[i ? self->data.len - LIVE_RECORD - 1 : LIVE_HEADER + LIVE_RECORD] ^= 1;
		spoilt_is_error(_metadata, self, i ? "last byte" : "first byte", copy,
				self->data.len);
	}
	free(copy);
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

#endif
