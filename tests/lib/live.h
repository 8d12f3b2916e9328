/* SPDX-License-Identifier: GPL-2.0-only */
/* Live migration as user space sees it: states, data files, and what must be true of any driver. */
#ifndef TESTS_LIB_LIVE_H
#define TESTS_LIB_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vfio.h"

#define LIVE_STATES  8
#define LIVE_NO_FILE (-1)

/* A saved device. */
struct live_data {
	char *buf;
	size_t len;
};

/* Layout of the stream: a header, records, an END record; each ends with a checksum. */
#define LIVE_HEADER 64
#define LIVE_RECORD 24

/* VFIO_DEVICE_FEATURE: 0 or -errno. */
int live_feature(struct vfio_dev *dev, uint32_t flags, void *data, size_t size);
/* VFIO_MIGRATION_* flags, 0 without live migration. */
uint32_t live_flags(struct vfio_dev *dev);
uint64_t live_size(struct vfio_dev *dev);
/* 0 or -errno; *@fd (may be NULL, then it is closed) is the new data file or LIVE_NO_FILE. */
int live_set(struct vfio_dev *dev, uint32_t state, int *fd);
/* The state, or -errno. */
int live_get(struct vfio_dev *dev);
const char *live_name(uint32_t state);

/* What the uAPI says of a transition: whether it is allowed, and whether it returns a file. */
bool live_allowed(uint32_t flags, uint32_t from, uint32_t to);
bool live_gives_file(uint32_t from, uint32_t to);

/* Reads until the end, @chunk bytes at a time; 0 or -errno. Appends to @data. */
int live_read(int fd, struct live_data *data, size_t chunk);
/* Writes all of it; 0 or -errno. */
int live_write(int fd, const void *buf, size_t len, size_t chunk);
void live_free(struct live_data *data);

/* RUNNING -> STOP_COPY, all of the file; the device stays in STOP_COPY. */
int live_save(struct vfio_dev *dev, struct live_data *data, size_t chunk);
/* Any state -> RESUMING, all of the data, -> @state. */
int live_load(struct vfio_dev *dev, const struct live_data *data, size_t chunk, uint32_t state);

/* Recomputes the checksum of the header or record that begins there. */
void live_seal(void *structure, size_t len);

/* The dirty log: 0 or -errno. *@page_size becomes the granule's size. */
struct live_log_range {
	uint64_t iova, length;
};

int live_log_start(struct vfio_dev *dev, uint64_t *page_size, struct live_log_range *ranges,
		   uint32_t nr);
int live_log_report(struct vfio_dev *dev, uint64_t iova, uint64_t length, uint64_t *bitmap);
int live_log_stop(struct vfio_dev *dev);

#endif
