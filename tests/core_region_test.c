// SPDX-License-Identifier: GPL-2.0-only
/* A revocable region of a driver's own is unmapped whenever the BARs are, by the core. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "variant.h"

#include "modules/window/window.h"

#define DRIVER	   "window"
#define OTHER_CORE "the driver with that region stands on our core: set VFIO_DRIVER=vfio-pci-sdk"

FIXTURE(window)
{
	struct vfio_dev dev;
	void *page;
};

static int attach(FIXTURE_DATA(window) *self, const char *bdf)
{
	unsigned int region;
	int err = variant_open(&self->dev, NULL, bdf, DRIVER);

	if (err)
		return err;
	region = variant_region(&self->dev, WINDOW_TYPE, WINDOW_SUBTYPE);
	if (!region)
		return -ENOENT;
	self->page = vfio_mmap(&self->dev, region, 0, PAGE, PROT_READ | PROT_WRITE);
	return self->page == MAP_FAILED ? -errno : 0;
}

FIXTURE_SETUP(window)
{
	char bdf[BDF_LEN];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, OTHER_CORE);
	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, attach(self, bdf));
}

FIXTURE_TEARDOWN(window)
{
	vfio_close(&self->dev);
}

static bool reads_id(void *page)
{
	uint32_t id;

	return try_read32(page, &id) && id == EDU_ID_VALUE;
}

TEST_F(window, decode_off)
{
	ASSERT_TRUE(reads_id(self->page));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_FALSE(try_read32(self->page, NULL));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_TRUE(reads_id(self->page));
}

/* The zap finds the mapping of a child as well. */
TEST_F(window, fork)
{
	int go[2], status;
	char byte = 0;
	pid_t child;

	ASSERT_TRUE(reads_id(self->page));
	ASSERT_EQ(0, pipe(go));
	child = fork();
	if (!child) {
		bool before = reads_id(self->page);

		/* Waits until decode is off. */
		close(go[1]);
		_exit(read(go[0], &byte, 1) || !before || try_read32(self->page, NULL));
	}
	close(go[0]);
	usleep(100000);
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	close(go[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Decode is on after it, so only the page tables tell whether the entry was taken away. */
TEST(reset)
{
	FIXTURE_DATA(window) self;
	char bdf[BDF_LEN];
	int err = -ENOTTY;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, OTHER_CORE);
	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	for (unsigned int n = 0; err == -ENOTTY; n++) {
		if (pci_find(&pci_edu, n, bdf))
			SKIP(return, "no edu here can be reset: the lab has two in one slot");
		ASSERT_EQ(0, attach(&self, bdf));
		ASSERT_TRUE(reads_id(self.page));
		ASSERT_EQ(PAGE, pt_lookup(self.page).size);
		err = variant_reset(&self.dev, DRIVER);
		if (err)
			vfio_close(&self.dev);
	}
	ASSERT_EQ(0, err);
	EXPECT_EQ(0, pt_lookup(self.page).size);
	vfio_set_command(&self.dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_TRUE(reads_id(self.page));
	vfio_close(&self.dev);
}

static bool can_map(struct vfio_dev *dev, uint64_t offset, size_t len)
{
	void *at = vfio_mmap(dev, 0, offset, len, PROT_READ | PROT_WRITE);

	return at != MAP_FAILED && !munmap(at, len);
}

TEST_F(window, excluded_page_cannot_be_mapped)
{
	struct vfio_region_info info;
	uint32_t value = 0;

	EXPECT_EQ(2, variant_sparse_areas(&self->dev, 0));
	EXPECT_TRUE(can_map(&self->dev, 0, WINDOW_EXCLUDED));
	EXPECT_TRUE(can_map(&self->dev, WINDOW_EXCLUDED + PAGE, PAGE));
	EXPECT_FALSE(can_map(&self->dev, WINDOW_EXCLUDED, PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(can_map(&self->dev, 0, WINDOW_EXCLUDED + PAGE));
	EXPECT_FALSE(can_map(&self->dev, WINDOW_EXCLUDED, 2 * PAGE));
	EXPECT_FALSE(can_map(&self->dev, 0, 0x100000));

	/* Reads and writes are the driver's business; this one's are the core's. */
	ASSERT_EQ(0, vfio_region(&self->dev, 0, &info));
	EXPECT_EQ(sizeof(value), pread(self->dev.fd, &value, sizeof(value),
				       info.offset + WINDOW_EXCLUDED));
}

TEST_HARNESS_MAIN
