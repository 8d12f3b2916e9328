// SPDX-License-Identifier: GPL-2.0-only
/* Page faults on BARs: entry sizes, SIGBUS when the memory may not be touched. */
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"


/* Maps part of a BAR at an address whose offset from a 2 MiB boundary is @shift. */
static char *map_at(struct vfio_dev *dev, unsigned int bar, uint64_t offset, size_t len,
		    size_t shift)
{
	size_t room = len + 2 * PMD;
	char *hole = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;

	if (hole == MAP_FAILED)
		return hole;
	at = (char *)(((uintptr_t)hole + PMD - 1) & ~(PMD - 1)) + shift;
	return mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev->fd,
		    VFIO_REGION_OFFSET(bar) + offset);
}

/* Touches one word of each page and returns how many could not be read. */
static unsigned int touch(char *map, size_t len)
{
	unsigned int failed = 0;

	for (size_t at = 0; at < len; at += PAGE)
		failed += !try_read32(map + at, NULL);
	return failed;
}

/* The BAR of ivshmem is memory: what is written through a mapping can be compared with read(). */
FIXTURE(memory)
{
	struct vfio_dev dev;
};

FIXTURE_SETUP(memory)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

FIXTURE_VARIANT_ADD(device, ivshmem) { .id = &pci_ivshmem };
FIXTURE_VARIANT_ADD(device, testdev) { .id = &pci_testdev };

TEST_F(device, aligned_mapping_has_huge_entries)
{
	size_t len = 32 * PMD;
	struct pt_count count;
	long faults;
	char *map;

	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	if (!mem_huge_entries())
		SKIP(return, NO_HUGE_ENTRIES);
	map = map_at(&self->dev, 2, 0, len, 0);
	ASSERT_NE(MAP_FAILED, map);
	faults = fault_count();
	ASSERT_EQ(0, touch(map, len));
	faults = fault_count() - faults;
	count = pt_count(map, len);
	EXPECT_EQ(0, count.none);
	EXPECT_EQ(0, count.pte);
	EXPECT_LE(faults, 32 + 4);
	EXPECT_EQ(32, count.pmd);

	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(0, pt_count(map, len).pmd);
	EXPECT_FALSE(try_read32(map, NULL));
	EXPECT_FALSE(try_read32(map + len - PAGE, NULL));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_TRUE(try_read32(map, NULL));
}

/* Address and offset disagree modulo 2 MiB: only small entries fit, and they must be right. */
TEST_F(memory, odd_address_has_small_entries)
{
	char *map = map_at(&self->dev, 2, 0, 2 * PMD, 3 * PAGE);
	uint32_t seen;

	ASSERT_NE(MAP_FAILED, map);
	for (size_t at = 0; at < 2 * PMD; at += 8 * PAGE) {
		uint32_t mark = 0xfeed0000 + at / PAGE;

		ASSERT_TRUE(try_write32(map + at, mark));
		ASSERT_EQ(4, pread(self->dev.fd, &seen, 4, VFIO_REGION_OFFSET(2) + at));
		ASSERT_EQ(mark, seen) TH_LOG("offset %#zx", at);
	}
	if (pt_available())
		EXPECT_EQ(0, pt_count(map, 2 * PMD).pmd);
}

/* Neither the head nor the tail fills a huge entry; the middle may. */
TEST_F(memory, odd_ends)
{
	uint64_t offset = PMD - 5 * PAGE;
	size_t len = 5 * PAGE + 2 * PMD + 7 * PAGE;
	char *map = map_at(&self->dev, 2, offset, len, PMD - 5 * PAGE);
	uint32_t seen;

	ASSERT_NE(MAP_FAILED, map);
	for (size_t at = 0; at < len; at += PAGE) {
		uint32_t mark = 0xabcd0000 + at / PAGE;

		ASSERT_TRUE(try_write32(map + at, mark));
		ASSERT_EQ(4, pread(self->dev.fd, &seen, 4, VFIO_REGION_OFFSET(2) + offset + at));
		ASSERT_EQ(mark, seen) TH_LOG("offset %#zx", at);
	}
	if (pt_available()) {
		struct pt_count count = pt_count(map, len);

		EXPECT_EQ(mem_huge_entries() ? 2 : 0, count.pmd);
		EXPECT_EQ(mem_huge_entries() ? 12 : 12 + 2 * PMD / PAGE, count.pte);
		EXPECT_EQ(0, count.none);
	}
}

/* The whole BAR, uncached in every entry. */
TEST_F(edu, all_pages)
{
	long faults = fault_count();

	ASSERT_EQ(0, touch(self->bar, EDU_BAR_SIZE));
	EXPECT_LE(fault_count() - faults, EDU_BAR_SIZE / PAGE + 2);
	if (!pt_available())
		return;
	for (size_t at = 0; at < EDU_BAR_SIZE; at += PAGE) {
		struct pt_entry entry = pt_lookup((char *)self->bar + at);

		ASSERT_EQ(PAGE, entry.size);
		ASSERT_STREQ("uc-", pt_type(entry)) TH_LOG("offset %#zx", at);
	}
}

TEST_F(edu, sigbus_while_decode_is_off)
{
	for (int i = 0; i < 100; i++) {
		uint32_t id = 0;

		vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
		ASSERT_FALSE(try_read32(self->bar, &id)) TH_LOG("round %d read %#x", i, id);
		ASSERT_FALSE(try_write32((char *)self->bar + EDU_LIVENESS, 1));
		ASSERT_FALSE(try_read32((char *)self->bar + EDU_BAR_SIZE - PAGE, NULL));
		vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
		ASSERT_TRUE(try_read32(self->bar, &id));
		ASSERT_EQ(EDU_ID_VALUE, id);
	}
}

/* Memory decode changed by a byte-wide write, and together with other bits. */
TEST_F(edu, other_ways_to_write_command)
{
	uint16_t command = vfio_config_read(&self->dev, PCI_COMMAND, 2);

	vfio_config_write(&self->dev, PCI_COMMAND, 1, command & 0xff & ~PCI_COMMAND_MEMORY);
	EXPECT_FALSE(try_read32(self->bar, NULL));
	vfio_config_write(&self->dev, PCI_COMMAND + 1, 1, command >> 8);
	EXPECT_FALSE(try_read32(self->bar, NULL));
	vfio_config_write(&self->dev, PCI_COMMAND, 4, command);
	EXPECT_TRUE(try_read32(self->bar, NULL));
	vfio_config_write(&self->dev, PCI_COMMAND, 4, 0);
	EXPECT_FALSE(try_read32(self->bar, NULL));
	vfio_config_write(&self->dev, PCI_COMMAND, 2, command);
	EXPECT_TRUE(try_read32(self->bar, NULL));
}

/* In D3hot a device does not decode memory; its mapping must not be usable either. */
TEST(sigbus_in_d3hot)
{
	struct vfio_dev dev;
	unsigned int pm;
	uint16_t status;
	void *bar;

	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	pm = vfio_find_cap(&dev, PCI_CAP_ID_PM);
	ASSERT_NE(0, pm);
	bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, bar);
	ASSERT_TRUE(try_read32(bar, NULL));

	status = vfio_config_read(&dev, pm + PCI_PM_CTRL, 2);
	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, (status & ~PCI_PM_CTRL_STATE_MASK) | 3);
	EXPECT_EQ(3, vfio_config_read(&dev, pm + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK);
	EXPECT_FALSE(try_read32(bar, NULL));
	EXPECT_EQ(-EIO, sys(pread(dev.fd, &status, 2, VFIO_REGION_OFFSET(0))));

	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, status & ~PCI_PM_CTRL_STATE_MASK);
	EXPECT_EQ(0, vfio_config_read(&dev, pm + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK);
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_TRUE(try_read32(bar, NULL));
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
