// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/ioctl.h>

#include "live.h"
#include "mem.h"

int live_feature(struct vfio_dev *dev, uint32_t flags, void *data, size_t size)
{
	uint64_t buf[32] = {};
	struct vfio_device_feature *feature = (void *)buf;
	int err;

	feature->argsz = sizeof(*feature) + size;
	feature->flags = flags;
	memcpy(feature->data, data, size);
	err = sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, feature));
	memcpy(data, feature->data, size);
	return err;
}

uint32_t live_flags(struct vfio_dev *dev)
{
	struct vfio_device_feature_migration migration = {};

	if (live_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &migration,
			 sizeof(migration)))
		return 0;
	return migration.flags;
}

uint64_t live_size(struct vfio_dev *dev)
{
	struct vfio_device_feature_mig_data_size size = {};

	if (live_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size,
			 sizeof(size)))
		return 0;
	return size.stop_copy_length;
}

int live_set(struct vfio_dev *dev, uint32_t state, int *fd)
{
	struct vfio_device_feature_mig_state arg = { .device_state = state,
						     .data_fd = LIVE_NO_FILE };
	int err = live_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &arg, sizeof(arg));

	if (err)
		arg.data_fd = LIVE_NO_FILE;
	if (fd)
		*fd = arg.data_fd;
	else if (arg.data_fd >= 0)
		close(arg.data_fd);
	return err;
}

int live_get(struct vfio_dev *dev)
{
	struct vfio_device_feature_mig_state arg = {};
	int err = live_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &arg, sizeof(arg));

	return err ?: (int)arg.device_state;
}

const char *live_name(uint32_t state)
{
	static const char *const names[LIVE_STATES] = {
		"ERROR",    "STOP",	   "RUNNING",  "STOP_COPY",
		"RESUMING", "RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P",
	};

	return state < LIVE_STATES ? names[state] : "?";
}

static bool is_precopy(uint32_t state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY || state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

static bool is_offered(uint32_t flags, uint32_t state)
{
	if ((state == VFIO_DEVICE_STATE_RUNNING_P2P || state == VFIO_DEVICE_STATE_PRE_COPY_P2P) &&
	    !(flags & VFIO_MIGRATION_P2P))
		return false;
	return !is_precopy(state) || flags & VFIO_MIGRATION_PRE_COPY;
}

bool live_allowed(uint32_t flags, uint32_t from, uint32_t to)
{
	if (from == VFIO_DEVICE_STATE_ERROR || to == VFIO_DEVICE_STATE_ERROR ||
	    to >= LIVE_STATES || !is_offered(flags, to))
		return false;
	/* Pre-copying begins while the device runs, and never again in the same session. */
	return from != VFIO_DEVICE_STATE_STOP_COPY || !is_precopy(to);
}

bool live_gives_file(uint32_t from, uint32_t to)
{
	if (from == to)
		return false;
	if (to == VFIO_DEVICE_STATE_RESUMING)
		return true;
	if (is_precopy(to) || to == VFIO_DEVICE_STATE_STOP_COPY)
		return !is_precopy(from);
	return false;
}

int live_read(int fd, struct live_data *data, size_t chunk)
{
	ssize_t len;

	for (;;) {
		data->buf = realloc(data->buf, data->len + chunk);
		if (!data->buf)
			return -ENOMEM;
		len = read(fd, data->buf + data->len, chunk);
		if (len <= 0)
			return len ? -errno : 0;
		data->len += len;
	}
}

int live_write(int fd, const void *buf, size_t len, size_t chunk)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, (const char *)buf + done, chunk < len - done ? chunk : len - done);
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

void live_free(struct live_data *data)
{
	free(data->buf);
	*data = (struct live_data) {};
}

int live_save(struct vfio_dev *dev, struct live_data *data, size_t chunk)
{
	int fd, err = live_set(dev, VFIO_DEVICE_STATE_STOP_COPY, &fd);

	if (err)
		return err;
	err = live_read(fd, data, chunk);
	close(fd);
	return err;
}

int live_load(struct vfio_dev *dev, const struct live_data *data, size_t chunk, uint32_t state)
{
	int fd, err = live_set(dev, VFIO_DEVICE_STATE_RESUMING, &fd);

	if (err)
		return err;
	err = live_write(fd, data->buf, data->len, chunk);
	close(fd);
	return err ?: live_set(dev, state, NULL);
}

void live_seal(void *structure, size_t len)
{
	uint8_t *byte = structure;
	uint32_t crc = ~0U;

	for (size_t i = 0; i < len - sizeof(crc); i++) {
		crc ^= byte[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	crc = ~crc;
	memcpy(byte + len - sizeof(crc), &crc, sizeof(crc));
}

int live_log_start(struct vfio_dev *dev, uint64_t *page_size, struct live_log_range *ranges,
		     uint32_t nr)
{
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = *page_size,
		.num_ranges = nr,
		.ranges = (uintptr_t)ranges,
	};
	int err = live_feature(dev,
			       VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			       &control, sizeof(control));

	*page_size = control.page_size;
	return err;
}

int live_log_report(struct vfio_dev *dev, uint64_t iova, uint64_t length, uint64_t *bitmap)
{
	struct vfio_device_feature_dma_logging_report report = {
		.iova = iova,
		.length = length,
		.page_size = PAGE,
		.bitmap = (uintptr_t)bitmap,
	};

	return live_feature(dev,
			    VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			    &report, sizeof(report));
}

int live_log_stop(struct vfio_dev *dev)
{
	return live_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
			    NULL, 0);
}
