// SPDX-License-Identifier: GPL-2.0-only
/* The trap: a driver that sets pgprot_writecombine() in .mmap gets uncached entries. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "fixture.h"
#include "memtype.h"
#include "module.h"

#define DRIVER "naive-wc-vfio-pci"
#define MIB    0x100000UL
#define GIB    0x40000000UL

/* Maps the first bytes of BAR 2 where offset and address agree modulo 1 GiB, and touches them. */
static const char *type_of_mapping(const struct pci_id *id, size_t len, uint64_t *entry_size)
{
	uint64_t start, end, flags;
	struct vfio_dev dev;
	char bdf[BDF_LEN], *room, *bar;
	const char *type = "not mapped";
	struct pt_entry entry;

	if (pci_find(id, 0, bdf) || module_load(DRIVER, "") || pci_bind(bdf, DRIVER) ||
	    vfio_open_bound(&dev, NULL, bdf))
		return "not opened";
	if (strcmp(memtype_granted(&dev, 2), "") || !pci_resource(bdf, 2, &start, &end, &flags))
		goto close;
	room = mmap(NULL, len + 2 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		    0);
	bar = (char *)(((uintptr_t)room + GIB - 1) & ~(GIB - 1)) + start % GIB;
	munmap(room, len + 2 * GIB);
	bar = mmap(bar, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, dev.fd,
		   VFIO_REGION_OFFSET(2));
	if (bar == MAP_FAILED)
		goto close;
	(void)*(volatile char *)bar;
	entry = pt_lookup(bar);
	*entry_size = entry.size;
	type = pt_type(entry);
close:
	vfio_close(&dev);
	return type;
}

#define NEED_ALL(id)                                                                        \
	do {                                                                                \
		char __bdf[BDF_LEN];                                                        \
		if (pci_find(id, 0, __bdf))                                                 \
			SKIP_NO_DEVICE(return, id);                                         \
		if (!memtype_pat())                                                         \
			SKIP(return, "the page attribute table is off: run without nopat"); \
		if (!pt_available())                                                        \
			SKIP(return, "the test module ptwalk is not loaded: make all builds it"); \
	} while (0)

TEST(small_entries_are_uncached)
{
	uint64_t size;

	NEED_ALL(&pci_ivshmem);
	EXPECT_STREQ("uc-", type_of_mapping(&pci_ivshmem, 16 * PAGE, &size));
	EXPECT_EQ(PAGE, size);
}

TEST(large_entries_are_uncached)
{
	uint64_t size;

	NEED_ALL(&pci_ivshmem);
	EXPECT_STREQ("uc-", type_of_mapping(&pci_ivshmem, 2 * PMD, &size));
	if (mem_huge_entries())
		EXPECT_EQ(PMD, size);
}

/*
 * The kernel's own core inserts a 1 GiB entry with the mapping's protection here, on v6.12 strong
 * uncached.  Ours has the BAR's type in it.
 */
TEST(huge_entries_are_uncached)
{
	uint64_t start, end, flags, size;
	char bdf[BDF_LEN];

	NEED_ALL(&pci_testdev);
	if (pci_find(&pci_testdev, 0, bdf) || !pci_resource(bdf, 2, &start, &end, &flags) ||
	    end - start < GIB)
		SKIP(return, "the BAR is smaller than 1 GiB: use FLAVOR=bigbar");
	EXPECT_STREQ("uc-", type_of_mapping(&pci_testdev, 2 * GIB, &size));
	if (mem_huge_entries() && PUD == GIB)
		EXPECT_EQ(GIB, size);
}

TEST_HARNESS_MAIN
