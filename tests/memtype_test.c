// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory types in user space's page tables: entries of each size, in mappings of one type and of
 * several, before and after a zap. The sample wc-bar declares the ranges.
 *
 * A hypervisor's or emulator's CPU may ignore memory types altogether; the entries do not lie.
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "fixture.h"
#include "memtype.h"

#define MIB    0x100000UL
#define GIB    0x40000000UL
#define RW     (PROT_READ | PROT_WRITE)

#define IVSHMEM_SIZE (128 * MIB)
#define WHOLE_IVSHMEM "0+8000000 "

FIXTURE(ivshmem)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(ivshmem)
{
	if (pci_find(&pci_ivshmem, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	NEED_PAT();
	ASSERT_EQ(0, memtype_load("", self->bdf));
	ASSERT_RESERVED("", self->bdf, 2) TH_LOG("somebody maps it already");
}

FIXTURE_TEARDOWN(ivshmem)
{
	vfio_close(&self->dev);
}

TEST_F(ivshmem, large_entries)
{
	char *bar;

	NEED_ENTRIES();
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, IVSHMEM_SIZE, 0);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		memtype_touch(bar, IVSHMEM_SIZE);
		EXPECT_TYPE("wc", bar, IVSHMEM_SIZE);
		if (mem_huge_entries())
			EXPECT_EQ(IVSHMEM_SIZE / PMD, pt_count(bar, IVSHMEM_SIZE).pmd);
		memtype_zap(&self->dev);
		EXPECT_STREQ("none", pt_type(pt_lookup(bar)));
	}
	/* Entries reserve nothing: the core's reservation covers them. */
	EXPECT_RESERVED(WHOLE_IVSHMEM "wc", self->bdf, 2);
}

/* An address that does not suit larger entries. */
TEST_F(ivshmem, small_entries)
{
	const size_t len = 4 * MIB;
	char *bar;

	NEED_ENTRIES();
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, len, PAGE);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		memtype_touch(bar, len);
		EXPECT_TYPE("wc", bar, len);
		EXPECT_EQ(len / PAGE, pt_count(bar, len).pte);
		memtype_zap(&self->dev);
		EXPECT_STREQ("none", pt_type(pt_lookup(bar)));
	}
}

TEST_F(ivshmem, mprotect_keeps_the_type)
{
	char *bar;

	NEED_ENTRIES();
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, 4 * MIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	memtype_touch(bar, MIB);
	ASSERT_EQ(0, sys(mprotect(bar, 4 * MIB, PROT_READ)));
	memtype_touch(bar, 4 * MIB);
	EXPECT_TYPE("wc", bar, 4 * MIB);
	ASSERT_EQ(0, sys(mprotect(bar, 4 * MIB, RW)));
	*(volatile char *)bar = 1;
	EXPECT_TYPE("wc", bar, 4 * MIB);
}

FIXTURE(testdev)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	uint64_t size;
};

FIXTURE_SETUP(testdev)
{
	uint64_t start, end, flags;

	NEED_PAT();
	NEED_ENTRIES();
	if (pci_find(&pci_testdev, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_testdev);
	ASSERT_TRUE(pci_resource(self->bdf, 2, &start, &end, &flags));
	self->size = end - start + 1;
}

FIXTURE_TEARDOWN(testdev)
{
	vfio_close(&self->dev);
}

/* Ranges whose borders are not multiples of larger pages. */
#define NEED_SMALL_PAGES()                                                  \
	do {                                                                \
		if (PAGE != 4096)                                           \
			SKIP(return, "the ranges need pages of 4 KiB");             \
	} while (0)

/* One mapping across borders that suit 2 MiB entries and borders that do not. */
TEST_F(testdev, mixed_types)
{
	char *bar;

	NEED_SMALL_PAGES();
	ASSERT_EQ(0, memtype_load("ranges=2:0x201000:0x5ff000,2:0xa00000:0x200000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, 16 * MIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		/* Backwards, so that windows and large entries meet the borders from both sides. */
		if (i)
			for (size_t at = 16 * MIB; at; at -= PAGE)
				(void)*(volatile char *)(bar + at - PAGE);
		else
			memtype_touch(bar, 16 * MIB);
		EXPECT_TYPE("uc-", bar, 0x201000);
		EXPECT_TYPE("wc", bar + 0x201000, 0x5ff000);
		EXPECT_TYPE("uc-", bar + 0x800000, 0x200000);
		EXPECT_TYPE("wc", bar + 0xa00000, 0x200000);
		EXPECT_TYPE("uc-", bar + 0xc00000, 0x400000);
		/* Only the 2 MiB that a border cuts need small entries. */
		if (mem_huge_entries()) {
			EXPECT_EQ(7, pt_count(bar, 16 * MIB).pmd);
			EXPECT_EQ(512, pt_count(bar, 16 * MIB).pte);
		}
		memtype_zap(&self->dev);
		EXPECT_EQ(16 * MIB / PAGE, pt_count(bar, 16 * MIB).none);
	}
}

/* The kernel's mappings of the segments lie apart: read() and write() go from one to the next. */
TEST_F(testdev, reservations_by_segment)
{
	NEED_SMALL_PAGES();
	ASSERT_EQ(0, memtype_load("ranges=2:0x201000:0x5ff000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	if (self->size == 64 * MIB) {
		EXPECT_RESERVED("0+201000 uc-, 201000+5ff000 wc, 800000+3800000 uc-", self->bdf, 2);
		EXPECT_STREQ("0+201000 uc-, 201000+5ff000 wc, 800000+3800000 uc-",
			     memtype_granted(&self->dev, 2));
	}
	vfio_close(&self->dev);
	EXPECT_RESERVED("", self->bdf, 2);
}

/* Two declared neighbours are one reservation, but no entry crosses the border. */
TEST_F(testdev, neighbours)
{
	char *bar;

	ASSERT_EQ(0, memtype_load("ranges=2:0x0:0x300000,2:0x300000:0x3d00000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	if (self->size == 64 * MIB)
		EXPECT_RESERVED("0+4000000 wc", self->bdf, 2);
	bar = memtype_map(&self->dev, 2, 0, 8 * MIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	memtype_touch(bar, 8 * MIB);
	EXPECT_TYPE("wc", bar, 8 * MIB);
	if (mem_huge_entries() && PMD == 2 * MIB)
		EXPECT_EQ(512, pt_count(bar, 8 * MIB).pte);
}

#define NEED_BIGBAR()                                                                     \
	do {                                                                              \
		if (self->size < 4 * GIB)                                                 \
			SKIP(return, "the BAR is smaller than 4 GiB: use FLAVOR=bigbar"); \
		NEED_SMALL_PAGES();                                                       \
	} while (0)

/* One page of each 2 MiB: a million pages one by one take minutes without large entries. */
static void touch_sparsely(const volatile char *addr, size_t len)
{
	for (size_t at = 0; at < len; at += PMD)
		(void)addr[at];
}

TEST_F(testdev, gigabyte_entries)
{
	char *bar;

	NEED_BIGBAR();
	ASSERT_EQ(0, memtype_load("ranges=2", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_RESERVED("0+100000000 wc", self->bdf, 2);
	bar = memtype_map(&self->dev, 2, 0, 2 * GIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		memtype_touch(bar, PAGE);
		memtype_touch(bar + GIB, PAGE);
		EXPECT_STREQ("wc", pt_type(pt_lookup(bar)));
		EXPECT_STREQ("wc", pt_type(pt_lookup(bar + GIB)));
		if (mem_huge_entries())
			EXPECT_EQ(2, pt_count(bar, 2 * GIB).pud);
		memtype_zap(&self->dev);
		EXPECT_STREQ("none", pt_type(pt_lookup(bar)));
	}
}

/* A mapping has one protection, and 1 GiB entries of v6.12 take it from there, right or wrong. */
TEST_F(testdev, gigabyte_entries_and_mixed_types)
{
	char *bar;

	NEED_BIGBAR();
	ASSERT_EQ(0, memtype_load("ranges=2:0x40000000:0x40200000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_RESERVED("0+40000000 uc-, 40000000+40200000 wc, 80200000+7fe00000 uc-", self->bdf,
			2);
	bar = memtype_map(&self->dev, 2, 0, 4 * GIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		touch_sparsely(bar, 4 * GIB);
		if (mem_huge_entries()) {
			EXPECT_TYPE("uc-", bar, GIB);
			EXPECT_TYPE("wc", bar + GIB, GIB + PMD);
			EXPECT_TYPE("uc-", bar + 2 * GIB + PMD, 2 * GIB - PMD);
			/* At least the first, whose type is the mapping's. */
			EXPECT_LE(1, pt_count(bar, 4 * GIB).pud);
		} else {
			EXPECT_STREQ("uc-", pt_type(pt_lookup(bar)));
			EXPECT_STREQ("uc-", pt_type(pt_lookup(bar + GIB - PMD)));
			EXPECT_STREQ("wc", pt_type(pt_lookup(bar + GIB)));
			EXPECT_STREQ("wc", pt_type(pt_lookup(bar + 2 * GIB)));
			EXPECT_STREQ("uc-", pt_type(pt_lookup(bar + 2 * GIB + PMD)));
		}
		memtype_zap(&self->dev);
		EXPECT_STREQ("none", pt_type(pt_lookup(bar)));
	}

	/* The same range in a mapping of its own has one type, hence large entries. */
	munmap(bar, 4 * GIB);
	bar = memtype_map(&self->dev, 2, GIB, GIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	memtype_touch(bar, PAGE);
	EXPECT_STREQ("wc", pt_type(pt_lookup(bar)));
	if (mem_huge_entries())
		EXPECT_EQ(1, pt_count(bar, GIB).pud);
}

/* QEMU, not a module of ours, reads the entries: of each size, before and after a zap. */
TEST_F(testdev, emulator_sees_the_same)
{
	char *bar;

	ASSERT_EQ(0, memtype_load("ranges=2:0x200000:0x201000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, 8 * MIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	if (!strcmp("?", memtype_of_host(bar)))
		SKIP(return, "no monitor to ask: use make test");
	EXPECT_STREQ("none", memtype_of_host(bar));
	for (int i = 0; i < 2; i++) {
		memtype_touch(bar, 8 * MIB);
		EXPECT_STREQ("uc-", memtype_of_host(bar));
		EXPECT_STREQ("wc", memtype_of_host(bar + 2 * MIB));
		EXPECT_STREQ("wc", memtype_of_host(bar + 4 * MIB));
		EXPECT_STREQ("uc-", memtype_of_host(bar + 4 * MIB + PAGE));
		memtype_zap(&self->dev);
		EXPECT_STREQ("none", memtype_of_host(bar));
	}
	if (self->size < 4 * GIB)
		return;
	vfio_close(&self->dev);
	munmap(bar, 8 * MIB);
	ASSERT_EQ(0, memtype_load("ranges=2:0x40000000:0x40000000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	bar = memtype_map(&self->dev, 2, 0, 2 * GIB, 0);
	ASSERT_NE(MAP_FAILED, bar);
	memtype_touch(bar, PAGE);
	memtype_touch(bar + GIB, PAGE);
	EXPECT_STREQ("uc-", memtype_of_host(bar));
	EXPECT_STREQ("wc", memtype_of_host(bar + GIB));
}

#define E1000E_ICR   0x00c0
#define E1000E_ICS   0x00c8
#define E1000E_IMS   0x00d0
#define E1000E_IVAR  0x00e4
#define E1000E_OTHER (1 << 24)

static uint32_t reg_read(void *bar, unsigned int reg)
{
	return *(volatile uint32_t *)((char *)bar + reg);
}

static void reg_write(void *bar, unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)((char *)bar + reg) = value;
}

/*
 * The e1000e's BAR 3 holds the MSI-X table at 0 and the pending bits at 0x2000, and nothing else:
 * declared write-combining as a whole, two of its four pages become so.
 */
TEST(msix_stays_uncached)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	uint64_t count;
	int efd;
	char *regs, *table;

	NEED_PAT();
	NEED_ENTRIES();
	if (pci_find(&pci_e1000e, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_e1000e);
	NEED_SMALL_PAGES();
	ASSERT_EQ(0, memtype_load("ranges=3 nonprefetch=1 strict=1", bdf));
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	EXPECT_STREQ("0+1000 uc-, 1000+1000 wc, 2000+1000 uc-, 3000+1000 wc",
		     memtype_granted(&dev, 3));
	EXPECT_RESERVED("0+1000 uc-, 1000+1000 wc, 2000+1000 uc-, 3000+1000 wc", bdf, 3);

	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_LE(0, efd);
	ASSERT_EQ(0, vfio_set_eventfds(&dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &efd));
	/* The kernel's own mapping of the table is of the same type. */
	EXPECT_RESERVED("0+1000 uc- x2, 1000+1000 wc, 2000+1000 uc-, 3000+1000 wc", bdf, 3);

	table = vfio_mmap(&dev, 3, 0, 4 * PAGE, RW);
	ASSERT_NE(MAP_FAILED, table);
	memtype_touch(table, 4 * PAGE);
	for (int page = 0; page < 4; page++) {
		EXPECT_STREQ(page % 2 ? "wc" : "uc-",
			     pt_type(pt_lookup(table + page * PAGE)));
	}

	regs = vfio_mmap(&dev, 0, 0, 0x20000, RW);
	ASSERT_NE(MAP_FAILED, regs);
	/* Causes "other" raise vector 0; setting a cause by hand is what ICS is for. */
	reg_write(regs, E1000E_IVAR, 0x8 << 16);
	reg_write(regs, E1000E_IMS, E1000E_OTHER);
	for (int i = 0; i < 100; i++) {
		reg_read(regs, E1000E_ICR);
		reg_write(regs, E1000E_ICR, ~0);
		reg_write(regs, E1000E_ICS, E1000E_OTHER);
		ASSERT_TRUE(eventfd_wait(efd, SOON, &count)) TH_LOG("interrupt %d is missing", i);
	}
	/* QEMU 7.2 aborts when its throttling timer finds MSI-X off. */
	usleep(20000);
	EXPECT_EQ(0, vfio_irq_disable(&dev, VFIO_PCI_MSIX_IRQ_INDEX));
	vfio_close(&dev);
	munmap(regs, 0x20000);
	munmap(table, 4 * PAGE);
	EXPECT_RESERVED("", bdf, 3);
}

TEST_HARNESS_MAIN
