// SPDX-License-Identifier: GPL-2.0-only
/* live-migration-bulk: a BAR moves, and pre-copy leaves only what was touched since it was sent. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "live.h"
#include "mem.h"
#include "variant.h"

#define DRIVER "live_migration_bulk_vfio_pci"
#define BAR    2
#define CHUNK  (1 << 20)
#define AROUND (16 * PAGE) /* of a page that was touched, what may come with it */

FIXTURE(bulk)
{
	struct vfio_dev dev;
	struct vfio_region_info info;
	volatile uint64_t *bar;
	size_t words;
};

FIXTURE_SETUP(bulk)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, bdf, DRIVER));
	ASSERT_EQ(0, vfio_region(&self->dev, BAR, &self->info));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->bar = vfio_mmap(&self->dev, BAR, 0, self->info.size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->bar);
	self->words = self->info.size / sizeof(*self->bar);
}

FIXTURE_TEARDOWN(bulk)
{
	vfio_close(&self->dev);
}

/* A word of each 512 bytes; the whole of it would take long where instructions are emulated. */
#define STEP 64

static void fill(FIXTURE_DATA(bulk) *self, uint64_t seed)
{
	for (size_t i = 0; i < self->words; i += STEP)
		self->bar[i] = i * 0x9e3779b97f4a7c15ULL + seed;
}

static size_t wrong(FIXTURE_DATA(bulk) *self, uint64_t seed)
{
	size_t count = 0;

	for (size_t i = 0; i < self->words; i += STEP)
		count += self->bar[i] != i * 0x9e3779b97f4a7c15ULL + seed;
	return count;
}

TEST_F_TIMEOUT(bulk, only_touched_pages_are_left_for_stop_copy, 120)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	struct live_data data = {};
	size_t first;
	uint64_t word = 0x5eed;
	int fd, none;

	fill(self, 1);
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_LE(self->info.size, info.initial_bytes);
	ASSERT_EQ(-ENOMSG, live_read(fd, &data, CHUNK));
	first = data.len;
	EXPECT_LE(self->info.size, first);
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);

	/* Three pages: by a mapping, by another one's first touch, by write(). */
	self->bar[3 * 512] = word;
	self->bar[self->words - 512] = word;
	ASSERT_EQ(8, pwrite(self->dev.fd, &word, 8, VFIO_REGION_OFFSET(BAR) + 100 * PAGE));
	ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
	EXPECT_EQ(3 * PAGE, info.dirty_bytes);
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &none));
	ASSERT_EQ(0, live_read(fd, &data, CHUNK));
	EXPECT_LT(3 * PAGE, data.len - first);
	EXPECT_GT(3 * PAGE + AROUND, data.len - first);
	close(fd);
	TH_LOG("%zu bytes while running, %zu when stopped", first, data.len - first);

	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	fill(self, 2);
	ASSERT_EQ(0, live_load(&self->dev, &data, CHUNK, VFIO_DEVICE_STATE_RUNNING));
	live_free(&data);
	EXPECT_EQ(word, self->bar[3 * 512]);
	EXPECT_EQ(word, self->bar[self->words - 512]);
	EXPECT_EQ(word, self->bar[100 * 512]);
	EXPECT_EQ(3, wrong(self, 1));
}

/* A piece follows a header and a record: a page number and pages. */
TEST_F_TIMEOUT(bulk, pages_outside_of_bar_are_refused, 60)
{
	static const uint64_t pages[] = { 1ULL << 63, ~0ULL, 1ULL << 52, 0 };
	struct live_data data = {};
	char bdf[BDF_LEN];
	uint64_t page;
	int fd;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	data.buf = malloc(CHUNK);
	data.len = read(fd, data.buf, LIVE_HEADER + LIVE_RECORD + 8 + 8 * PAGE);
	close(fd);
	ASSERT_EQ(LIVE_HEADER + LIVE_RECORD + 8 + 8 * PAGE, data.len);
	for (unsigned int i = 0; i < 4; i++) {
		page = pages[i] ?: self->info.size / PAGE - 7;
		memcpy(data.buf + LIVE_HEADER + LIVE_RECORD, &page, sizeof(page));
		ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RESUMING, &fd));
		EXPECT_EQ(-EINVAL, live_write(fd, data.buf, data.len, CHUNK));
		close(fd);
		/* A mapping keeps the device open. */
		munmap((void *)self->bar, self->info.size);
		vfio_close(&self->dev);
		ASSERT_EQ(0, variant_open(&self->dev, NULL, bdf, DRIVER));
	}
	live_free(&data);
}

TEST_HARNESS_MAIN
