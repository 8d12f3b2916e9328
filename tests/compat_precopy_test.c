// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRE_COPY on every kernel, by a driver written for the newest (tests/modules/precopy): the steps
 * between states, the two features that older kernels do not know, and the stream's ioctl.
 */
#include <sys/ioctl.h>

#include "fixture.h"
#include "modules/precopy/precopy.h"
#include "variant.h"

#define GET   VFIO_DEVICE_FEATURE_GET
#define SET   VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

/* Reads or writes the data of a feature; 0 or -errno. */
static int feature(struct vfio_dev *dev, uint32_t flags, void *data, size_t len)
{
	struct {
		struct vfio_device_feature head;
		char data[16];
	} buf = { .head = { .argsz = sizeof(buf.head) + len, .flags = flags } };
	int err;

	memcpy(buf.data, data, len);
	err = sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &buf));
	if (!err)
		memcpy(data, buf.data, len);
	return err;
}

/* Asks for a state. Returns the new stream's file, -1 when there is none, or -errno - 1. */
#define NO_STREAM (-1)
static int set_state(struct vfio_dev *dev, uint32_t state)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state, .data_fd = NO_STREAM };
	int err = feature(dev, SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig, sizeof(mig));

	return err ? err - 1 : mig.data_fd;
}

static int get_state(struct vfio_dev *dev)
{
	struct vfio_device_feature_mig_state mig = {};
	int err = feature(dev, GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig, sizeof(mig));

	return err ?: (int)mig.device_state;
}

FIXTURE(precopy)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(precopy)
{
	if (variant_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, "precopy"));
	ASSERT_EQ(VFIO_DEVICE_STATE_RUNNING, get_state(&self->dev));
}

FIXTURE_TEARDOWN(precopy)
{
	vfio_close(&self->dev);
}

TEST_F(precopy, migration_feature_reports_pre_copy)
{
	uint64_t flags = 0;

	ASSERT_EQ(0, feature(&self->dev, GET | VFIO_DEVICE_FEATURE_MIGRATION, &flags, 8));
	EXPECT_EQ(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | VFIO_MIGRATION_PRE_COPY, flags);
}

TEST_F(precopy, stream_spans_pre_copy_and_stop_copy)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	unsigned char data[PRECOPY_INITIAL + PRECOPY_FINAL];
	int fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(VFIO_DEVICE_STATE_PRE_COPY, get_state(&self->dev));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(PRECOPY_INITIAL, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);

	ASSERT_EQ(PRECOPY_INITIAL, read(fd, data, sizeof(data)));
	EXPECT_EQ(PRECOPY_MAGIC, data[0] | data[1] << 8 | data[2] << 16 | data[3] << 24);
	EXPECT_EQ(-ENOMSG, sys(read(fd, data, sizeof(data))));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(0, info.initial_bytes);

	EXPECT_EQ(NO_STREAM, set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY_P2P));
	EXPECT_EQ(VFIO_DEVICE_STATE_PRE_COPY_P2P, get_state(&self->dev));
	EXPECT_EQ(NO_STREAM, set_state(&self->dev, VFIO_DEVICE_STATE_STOP_COPY));
	EXPECT_EQ(-EINVAL, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(PRECOPY_FINAL, read(fd, data, sizeof(data)));
	EXPECT_EQ(0, read(fd, data, sizeof(data)));

	EXPECT_EQ(NO_STREAM, set_state(&self->dev, VFIO_DEVICE_STATE_RUNNING));
	EXPECT_EQ(-ENODEV, sys(read(fd, data, sizeof(data))));
	close(fd);
}

TEST_F(precopy, stop_copy_does_not_lead_back_to_pre_copy)
{
	int fd = set_state(&self->dev, VFIO_DEVICE_STATE_STOP_COPY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL - 1, set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY));
	EXPECT_EQ(-EINVAL - 1, set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY_P2P));
	EXPECT_EQ(-EINVAL - 1, set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY_P2P + 1));
	EXPECT_EQ(VFIO_DEVICE_STATE_STOP_COPY, get_state(&self->dev));
	close(fd);
}

TEST_F(precopy, stopped_device_reaches_pre_copy_by_running)
{
	int fd;

	ASSERT_EQ(NO_STREAM, set_state(&self->dev, VFIO_DEVICE_STATE_STOP));
	fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(NO_STREAM, set_state(&self->dev, VFIO_DEVICE_STATE_STOP));
	EXPECT_EQ(VFIO_DEVICE_STATE_STOP, get_state(&self->dev));
	close(fd);
}

TEST_F(precopy, stream_outlives_the_device_file)
{
	char data[8];
	int fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);

	ASSERT_LE(0, fd);
	vfio_close(&self->dev);
	EXPECT_EQ(-ENODEV, sys(read(fd, data, sizeof(data))));
	close(fd);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, "precopy"));
}

TEST_F(precopy, data_size_is_the_drivers)
{
	struct vfio_device_feature_mig_data_size size = {};
	const uint32_t f = VFIO_DEVICE_FEATURE_MIG_DATA_SIZE;

	EXPECT_EQ(0, feature(&self->dev, PROBE | GET | f, &size, sizeof(size)));
	EXPECT_EQ(0, size.stop_copy_length);
	ASSERT_EQ(0, feature(&self->dev, GET | f, &size, sizeof(size)));
	EXPECT_EQ(PRECOPY_FINAL, size.stop_copy_length);
	EXPECT_EQ(-EINVAL, feature(&self->dev, SET | f, &size, sizeof(size)));
	EXPECT_EQ(-EINVAL, feature(&self->dev, GET | f, &size, sizeof(size) - 1));
}

/* Without the feature user space gets back the flags it passed: drivers always returned them. */
TEST_F(precopy, info_flags_are_an_output_once_asked_for)
{
	const uint32_t f = VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2;
	struct vfio_precopy_info info = { .argsz = sizeof(info), .flags = 0x50 };
	int fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(0x50, info.flags);

	EXPECT_EQ(-EINVAL, feature(&self->dev, GET | f, &info, 0));
	EXPECT_EQ(0, feature(&self->dev, PROBE | SET | f, &info, 0));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(0x50, info.flags);

	ASSERT_EQ(0, feature(&self->dev, SET | f, &info, 0));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(VFIO_PRECOPY_INFO_REINIT, info.flags);
	close(fd);

	/* For as long as the device is open. */
	vfio_close(&self->dev);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, "precopy"));
	fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);
	ASSERT_LE(0, fd);
	info.flags = 0x50;
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(0x50, info.flags);
	close(fd);
}

TEST_F(precopy, info_rejects_what_is_malformed)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) - 1 };
	int fd = set_state(&self->dev, VFIO_DEVICE_STATE_PRE_COPY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(-EFAULT, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, NULL)));
	EXPECT_EQ(-ENOTTY, sys(ioctl(fd, VFIO_DEVICE_RESET)));
	close(fd);
}

TEST_HARNESS_MAIN
