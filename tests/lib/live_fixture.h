/* SPDX-License-Identifier: GPL-2.0-only */
/* Live migration: any driver and device, brought into any state.  Part of live_conformance.h. */
#ifndef TESTS_LIB_LIVE_FIXTURE_H
#define TESTS_LIB_LIVE_FIXTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "live.h"
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

/* Opens the device and saves what it is like. */
static void live_begin(struct __test_metadata *_metadata, FIXTURE_DATA(live) *self)
{
	ASSERT_EQ(0, reopen(self));
	self->flags = live_flags(&self->dev);
	ASSERT_EQ(VFIO_MIGRATION_STOP_COPY, self->flags & VFIO_MIGRATION_STOP_COPY);
	ASSERT_EQ(RUNNING, live_get(&self->dev));
	ASSERT_EQ(0, live_save(&self->dev, &self->data, ALL));
	ASSERT_LT(LIVE_HEADER + 2 * LIVE_RECORD, self->data.len);
	ASSERT_EQ(0, live_set(&self->dev, RUNNING, NULL));
}

FIXTURE_SETUP(live)
{
	const char *driver = getenv("LIVE_DRIVER");

	if (variant->spare && (driver || getenv("VFIO_SELFTESTS_BDF")))
		SKIP(return, "LIVE_DRIVER or VFIO_SELFTESTS_BDF names another driver or device");
	self->driver = variant->spare || !driver ? variant->driver : driver;
	if (variant_find(variant->id, variant->n, self->bdf))
		SKIP_NO_DEVICE(return, variant->id);
	live_begin(_metadata, self);
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

static int get_left(int fd, struct vfio_precopy_info *info)
{
	*info = (struct vfio_precopy_info) { .argsz = sizeof(*info), .flags = 0xffffffff };
	return sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info));
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

#endif
