// SPDX-License-Identifier: GPL-2.0-only
/* The laboratory itself: what the other programs rely on. */
#include <sys/mman.h>
#include <sys/utsname.h>

#include "edu.h"
#include "fixture.h"
#include "host.h"
#include "mem.h"

TEST(every_device_has_an_iommu_group)
{
	const struct pci_id *ids[] = { &pci_edu, &pci_ivshmem, &pci_testdev, &pci_nvme,
				       &pci_e1000e };
	char bdf[BDF_LEN];

	if (vfio_noiommu())
		SKIP(return, "there is no IOMMU here: leave FLAVOR=noiommu away");
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		EXPECT_EQ(0, pci_find(ids[i], 0, bdf))
		{
			TH_LOG("no %s", ids[i]->name);
			continue;
		}
		EXPECT_LE(0, pci_iommu_group(bdf)) TH_LOG("%s %s", ids[i]->name, bdf);
	}
}

TEST(the_monitor_answers)
{
	char reply[4096];

	if (!host_available())
		SKIP(return, "no port to QEMU's monitor: run it in the virtual machine, make test");
	ASSERT_EQ(0, host_monitor("info status", reply, sizeof(reply)));
	EXPECT_NE(NULL, strstr(reply, "running")) TH_LOG("%s", reply);
	ASSERT_EQ(0, host_monitor("info pci", reply, sizeof(reply)));
	EXPECT_NE(NULL, strstr(reply, "1234:11e8")) TH_LOG("%s", reply);
}

TEST(page_table_entries_can_be_seen)
{
	char *page;

	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(0, pt_lookup(page).size);
	*page = 1;
	EXPECT_EQ(PAGE, pt_lookup(page).size);
	EXPECT_STREQ("wb", pt_type(pt_lookup(page)));
	EXPECT_EQ(1, pt_count(page, 2 * PAGE).pte);
	EXPECT_EQ(1, pt_count(page, 2 * PAGE).none);
}

TEST(a_bus_error_is_caught)
{
	char path[] = "/tmp/lab_test.XXXXXX";
	int fd = mkstemp(path);
	volatile uint32_t *page;

	ASSERT_LE(0, fd);
	unlink(path);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, page);
	EXPECT_FALSE(try_read32(page, NULL));
	EXPECT_FALSE(try_write32(page, 1));
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	EXPECT_TRUE(try_write32(page, 1));
}

TEST_HARNESS_MAIN
