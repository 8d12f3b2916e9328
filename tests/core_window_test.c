// SPDX-License-Identifier: GPL-2.0-only
/* Fault windows: how many pages a fault maps, and which ones never. */
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"

#define MARK 0x71000000

/* The BAR of ivshmem is memory: each page of what the tests map holds its own number. */
FIXTURE(memory)
{
	struct vfio_dev dev;
	char *hole; /* where a test maps; a PAGE after a multiple of 2 MiB: small entries only */
	size_t len;
};

FIXTURE_SETUP(memory)
{
	char *room, *bar;

	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	self->len = 2 * PMD;
	bar = vfio_mmap(&self->dev, 2, 0, self->len, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);
	for (size_t page = 0; page < self->len / PAGE; page++)
		*(volatile uint32_t *)(bar + page * PAGE) = MARK + page;
	ASSERT_EQ(0, munmap(bar, self->len));

	room = mmap(NULL, self->len + 2 * PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	self->hole = (char *)(((uintptr_t)room + PMD - 1) & ~(PMD - 1)) + PAGE;
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

/* Maps pages of the BAR at the place of the hole that has the same number. */
static bool map_pages(struct vfio_dev *dev, char *hole, size_t first, size_t count)
{
	return mmap(hole + first * PAGE, count * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, dev->fd,
		    VFIO_REGION_OFFSET(2) + first * PAGE) != MAP_FAILED;
}

static bool shows(const char *hole, size_t page)
{
	uint32_t value = 0;

	return try_read32(hole + page * PAGE, &value) && value == MARK + page;
}

static void zap(struct vfio_dev *dev)
{
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
}

static unsigned int mapped(const char *hole, size_t first, size_t count)
{
	return pt_count(hole + first * PAGE, count * PAGE).pte;
}

TEST_F(memory, lone_touch_maps_few)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver has no windows: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	for (size_t page = 7; page < 512; page += 101) {
		zap(&self->dev);
		ASSERT_TRUE(shows(self->hole, page));
		EXPECT_LE(mapped(self->hole, 0, 512), 64);
		EXPECT_LE(17, mapped(self->hole, page, page > 480 ? 17 : 32));
	}
}

TEST_F(memory, run_takes_few_faults)
{
	long faults;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver has no windows: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	ASSERT_TRUE(shows(self->hole, 100));
	zap(&self->dev);
	faults = fault_count();
	for (size_t page = 100; page < 356; page++) {
		ASSERT_TRUE(shows(self->hole, page));
	}
	EXPECT_LE(fault_count() - faults, 4);

	zap(&self->dev);
	faults = fault_count();
	for (size_t page = 356; page > 100; page--) {
		ASSERT_TRUE(shows(self->hole, page));
	}
	EXPECT_LE(fault_count() - faults, 4);
	for (size_t page = 0; page < 512; page++) {
		ASSERT_TRUE(shows(self->hole, page)) TH_LOG("page %zu", page);
	}
}

/* Pages that were read can be written without another fault. */
TEST_F(memory, first_writes_do_not_fault)
{
	long faults;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver has no windows: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	for (size_t page = 0; page < 512; page++) {
		ASSERT_TRUE(shows(self->hole, page));
	}
	faults = fault_count();
	for (size_t page = 0; page < 512; page++) {
		ASSERT_TRUE(try_write32(self->hole + page * PAGE, MARK + page));
	}
	EXPECT_EQ(0, fault_count() - faults);
}

/* The same with large entries. */
TEST_F(memory, large_windows)
{
	struct vfio_region_info info;
	char *at, *map;
	size_t count;
	long faults;

	ASSERT_EQ(0, vfio_region(&self->dev, 2, &info));
	/* The last one is not all of the mapping. */
	count = info.size / PMD - 1 < 32 ? info.size / PMD - 1 : 32;
	map = mmap(NULL, (count + 2) * PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	at = (char *)(((uintptr_t)map + PMD - 1) & ~(PMD - 1));
	map = mmap(at, (count + 1) * PMD - PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   self->dev.fd, VFIO_REGION_OFFSET(2));
	ASSERT_EQ(at, map);
	ASSERT_TRUE(try_read32(map + count / 3 * PMD, NULL));
	if (!mem_huge_entries())
		SKIP(return, NO_HUGE_ENTRIES);
	EXPECT_LE(1, pt_count(map, count * PMD).pmd);
	EXPECT_LE(pt_count(map, count * PMD).pmd, 8);
	zap(&self->dev);
	EXPECT_EQ(0, pt_count(map, count * PMD).pmd);

	faults = fault_count();
	for (size_t i = 0; i < count; i++) {
		ASSERT_TRUE(try_read32(map + i * PMD, NULL));
	}
	EXPECT_LE(fault_count() - faults, 6);
	EXPECT_EQ(count, pt_count(map, count * PMD).pmd);
	EXPECT_EQ(PMD / PAGE - 1, pt_count(map + count * PMD, PMD - PAGE).none);

	/* Nor does the first write to each fault again. */
	faults = fault_count();
	for (size_t i = 0; i < count; i++) {
		ASSERT_TRUE(try_write32(map + i * PMD, MARK + i * (PMD / PAGE)));
	}
	if (strcmp(vfio_driver(), "vfio-pci"))
		EXPECT_EQ(0, fault_count() - faults);
	for (size_t page = 0; page < self->len / PAGE; page++) {
		ASSERT_TRUE(shows(map, page)) TH_LOG("page %zu", page);
	}
}

/* Mappings side by side, holes and pages without access: a window begins and ends with its own. */
TEST_F(memory, stays_in_its_mapping)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver has no windows: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 100, 10));
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 110, 20));
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 140, 20));
	ASSERT_EQ(0, mprotect(self->hole + 150 * PAGE, 5 * PAGE, PROT_NONE));

	ASSERT_TRUE(shows(self->hole, 105));
	EXPECT_EQ(10, mapped(self->hole, 100, 10));
	EXPECT_EQ(10, mapped(self->hole, 0, 512));

	ASSERT_TRUE(shows(self->hole, 110));
	EXPECT_EQ(20, mapped(self->hole, 110, 20));
	EXPECT_EQ(30, mapped(self->hole, 0, 512));

	ASSERT_TRUE(shows(self->hole, 149));
	EXPECT_EQ(10, mapped(self->hole, 140, 10));
	EXPECT_EQ(40, mapped(self->hole, 0, 512));

	ASSERT_EQ(0, munmap(self->hole + 120 * PAGE, 5 * PAGE));
	zap(&self->dev);
	ASSERT_TRUE(shows(self->hole, 119));
	EXPECT_EQ(10, mapped(self->hole, 0, 512));
	ASSERT_TRUE(shows(self->hole, 125));
	EXPECT_EQ(15, mapped(self->hole, 0, 512));
}

/* A window fills what is empty: an entry keeps what the CPU noted in it since. */
TEST_F(memory, keeps_what_is_there)
{
	struct pt_entry before;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver has no windows: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	ASSERT_TRUE(shows(self->hole, 100));
	ASSERT_TRUE(try_write32(self->hole + 110 * PAGE, MARK + 110));
	before = pt_lookup(self->hole + 110 * PAGE);
	ASSERT_EQ(PAGE, before.size);
	ASSERT_TRUE(pt_dirty(before));

	/* Far enough from the last window to be a lone fault, near enough to cover 110. */
	ASSERT_TRUE(shows(self->hole, 140));
	ASSERT_EQ(32, mapped(self->hole, 109, 32));
	EXPECT_EQ(before.value, pt_lookup(self->hole + 110 * PAGE).value);
}

static int child_of(char *hole)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(!shows(hole, 300) || !mapped(hole, 300, 1));
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

/*
 * Soft-dirty tracking, as checkpoint and migration tools use it, write-protects what is mapped from
 * then on in spite of the mapping's protection. The first write to an entry makes it writable.
 */
TEST_F(memory, write_protected_by_soft_dirty)
{
	const size_t len = PMD;
	char *room, *map;

	if (write_file("/proc/self/clear_refs", "4"))
		SKIP(return, "no soft-dirty tracking: use a kernel with CONFIG_MEM_SOFT_DIRTY");

	/* Small entries, then one of 2 MiB. */
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	room = mmap(NULL, 2 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	map = mmap((void *)(((uintptr_t)room + len - 1) & ~(len - 1)), len,
		   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->dev.fd,
		   VFIO_REGION_OFFSET(2));
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, write_file("/proc/self/clear_refs", "4"));

	ASSERT_TRUE(shows(self->hole, 3));
	ASSERT_TRUE(try_write32(self->hole + 3 * PAGE, MARK + 3));
	ASSERT_TRUE(try_write32(self->hole + 300 * PAGE, MARK + 300));
	ASSERT_TRUE(shows(map, 5));
	ASSERT_TRUE(try_write32(map + 5 * PAGE, MARK + 5));
	EXPECT_TRUE(shows(map, 5));
	zap(&self->dev);
	ASSERT_TRUE(try_write32(map + 6 * PAGE, MARK + 6));
	EXPECT_TRUE(shows(map, 6));
}

TEST(write_protected_entry_of_1_gib)
{
	const size_t len = 1UL << 30;
	struct vfio_region_info info;
	struct vfio_dev dev;
	char *room, *map;

	OPEN_OR_SKIP(&dev, NULL, &pci_testdev, 0);
	ASSERT_EQ(0, vfio_region(&dev, 2, &info));
	if (info.size < len || write_file("/proc/self/clear_refs", "4") || !pt_available())
		SKIP(goto close, "no BAR of 1 GiB or no soft-dirty tracking: try FLAVOR=bigbar");

	room = mmap(NULL, 2 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	map = mmap((void *)(((uintptr_t)room + len - 1) & ~(len - 1)), len,
		   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev.fd, VFIO_REGION_OFFSET(2));
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, write_file("/proc/self/clear_refs", "4"));

	ASSERT_TRUE(try_read32(map, NULL));
	if (pt_lookup(map).size != len)
		SKIP(goto close,
			   "this kernel has no entries of 1 GiB for device memory");
	EXPECT_TRUE(try_write32(map + PAGE, 1));
	EXPECT_EQ(len, pt_lookup(map).size);
close:
	vfio_close(&dev);
}

/* A child's faults are its own, and the parent's entries the parent's. */
TEST_F(memory, fork_keeps_apart)
{
	ASSERT_TRUE(map_pages(&self->dev, self->hole, 0, 512));
	ASSERT_TRUE(shows(self->hole, 300));
	zap(&self->dev);
	EXPECT_EQ(0, child_of(self->hole));
	EXPECT_EQ(0, mapped(self->hole, 0, 512));
	ASSERT_TRUE(shows(self->hole, 10));
	EXPECT_EQ(0, child_of(self->hole));
	EXPECT_EQ(0, mapped(self->hole, 300, 1));
}

TEST_HARNESS_MAIN
