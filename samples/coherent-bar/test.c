// SPDX-License-Identifier: GPL-2.0-only
/* A BAR made of ordinary memory: cached, and taken away and given back with the real ones. */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "memtype.h"
#include "module.h"

#define DRIVER "coherent-bar-vfio-pci"
#define BAR    2
#define SIZE   0x200000UL
#define RW     (PROT_READ | PROT_WRITE)

FIXTURE(coherent)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	uint32_t *bar;
};

FIXTURE_SETUP(coherent)
{
	char *room;

	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, module_load(DRIVER, ""));
	ASSERT_EQ(0, pci_bind(self->bdf, DRIVER));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	/* Where a 2 MiB entry can stand: the memory is aligned so. */
	room = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	room = (char *)(((uintptr_t)room + SIZE - 1) & ~(SIZE - 1));
	self->bar = mmap(room, SIZE, RW, MAP_SHARED | MAP_FIXED, self->dev.fd,
			 VFIO_REGION_OFFSET(BAR));
	ASSERT_NE(MAP_FAILED, self->bar);
}

FIXTURE_TEARDOWN(coherent)
{
	vfio_close(&self->dev);
}

TEST_F(coherent, is_a_bar)
{
	struct vfio_region_info info;
	uint32_t low, high;

	ASSERT_EQ(0, vfio_region(&self->dev, BAR, &info));
	EXPECT_EQ(SIZE, info.size);
	EXPECT_EQ(VFIO_REGION_OFFSET(BAR), info.offset);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			  VFIO_REGION_INFO_FLAG_MMAP,
		  info.flags);

	/* As a guest sizes it: 64-bit, prefetchable, 2 MiB. */
	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_2, 4, ~0);
	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_3, 4, ~0);
	low = vfio_config_read(&self->dev, PCI_BASE_ADDRESS_2, 4);
	high = vfio_config_read(&self->dev, PCI_BASE_ADDRESS_3, 4);
	EXPECT_EQ((uint32_t)-SIZE | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
		  low);
	EXPECT_EQ(0xffffffffu, high);
	/* Byte by byte as well; and the real BAR beside it stays. */
	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_2 + 3, 1, 0x12);
	EXPECT_EQ(0x12, vfio_config_read(&self->dev, PCI_BASE_ADDRESS_2 + 3, 1));
	EXPECT_NE(0, vfio_config_read(&self->dev, PCI_BASE_ADDRESS_0, 4));
}

TEST_F(coherent, memory_starts_zeroed_and_keeps_what_is_written)
{
	const size_t words = SIZE / sizeof(uint32_t);
	uint32_t value, two[2];

	for (size_t i = 0; i < words; i += 512) {
		EXPECT_EQ(0, self->bar[i]);
	}
	for (size_t i = 0; i < words; i += 512)
		self->bar[i] = i;
	ASSERT_EQ(4, pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR) + 512 * 4));
	EXPECT_EQ(512, value);
	value = 0xfeedface;
	ASSERT_EQ(4, pwrite(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR) + SIZE - 4));
	EXPECT_EQ(value, self->bar[words - 1]);
	/* To the end and no further. */
	EXPECT_EQ(4, pread(self->dev.fd, two, 8, VFIO_REGION_OFFSET(BAR) + SIZE - 4));
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR) + SIZE)));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, BAR, PAGE, SIZE, RW));
}

TEST_F(coherent, is_cached)
{
	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	ASSERT_TRUE(try_write32(self->bar, 1));
	EXPECT_STREQ("wb", pt_type(pt_lookup(self->bar)));
	if (mem_huge_entries() && PMD == SIZE)
		EXPECT_EQ(SIZE, pt_lookup(self->bar).size);
	/* The function's own BAR is as ever. */
	EXPECT_EQ(EDU_ID_VALUE, edu_read(vfio_mmap(&self->dev, 0, 0, PAGE, RW), EDU_ID));
}

TEST_F(coherent, goes_and_comes_with_the_others)
{
	uint32_t value;

	ASSERT_TRUE(try_write32(self->bar, 0xabcd));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_FALSE(try_read32(self->bar, &value));
	EXPECT_EQ(-EIO, sys(pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR))));
	EXPECT_EQ(-EIO, sys(pwrite(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR))));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	ASSERT_TRUE(try_read32(self->bar, &value));
	EXPECT_EQ(0xabcd, value);
}

/* The next user must not find the data of the last one. */
TEST_F(coherent, next_user_starts_afresh)
{
	uint32_t value = 0x5ec4e7;

	ASSERT_EQ(4, pwrite(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR)));
	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_3, 4, 0x12345678);
	munmap(self->bar, SIZE);
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	ASSERT_EQ(4, pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(BAR)));
	EXPECT_EQ(0, value);
	EXPECT_EQ(0, vfio_config_read(&self->dev, PCI_BASE_ADDRESS_3, 4));
}

TEST(a_function_with_such_a_bar_is_refused)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, module_load(DRIVER, ""));
	EXPECT_NE(0, pci_bind(bdf, DRIVER));
	EXPECT_STREQ("", pci_driver_of(bdf));
}

TEST_HARNESS_MAIN
