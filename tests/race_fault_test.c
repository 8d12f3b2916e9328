// SPDX-License-Identifier: GPL-2.0-only
/* Page faults on BARs against each other, and against everything that removes entries. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"
#include "race.h"

#define MARK	0x71000000
#define SECONDS 5

/* The BAR of ivshmem is memory: each page of what is mapped holds its own number. */
FIXTURE(memory)
{
	struct vfio_dev dev;
	char *hole; /* 2 * PMD of address space, aligned to PMD */
};

FIXTURE_SETUP(memory)
{
	char *room, *bar;

	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	bar = vfio_mmap(&self->dev, 2, 0, 2 * PMD, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);
	for (size_t page = 0; page < 2 * PMD / PAGE; page++)
		*(volatile uint32_t *)(bar + page * PAGE) = MARK + page;
	ASSERT_EQ(0, munmap(bar, 2 * PMD));
	room = mmap(NULL, 3 * PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	self->hole = (char *)(((uintptr_t)room + PMD - 1) & ~(PMD - 1));
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

/* Maps @pages of the BAR, from page @first on, at @at: in the place of what was mapped there. */
static bool map_at(struct vfio_dev *dev, char *at, size_t first, size_t pages)
{
	return mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev->fd,
		    VFIO_REGION_OFFSET(2) + first * PAGE) == at;
}

static void touch_any(struct racer *racer)
{
	size_t page = race_dice(racer, PMD / PAGE);

	race_touch(racer, racer->race->map + page * PAGE, MARK + page);
	if (!race_dice(racer, 8))
		usleep(race_dice(racer, 100));
}

/* A new mapping in the place of the old one: no entry, and no page table. */
static void map_anew(struct racer *racer)
{
	if (map_at(racer->race->dev, racer->race->map, 0, PMD / PAGE))
		racer->good++;
	else
		race_wrong(racer, "mmap: %d", -errno);
	usleep(race_dice(racer, 2000));
}

/* Entries go without a page table's going. */
static void change_protection(struct racer *racer)
{
	if (mprotect(racer->race->map, PMD / 2, PROT_READ) ||
	    mprotect(racer->race->map, PMD / 2, PROT_READ | PROT_WRITE))
		race_wrong(racer, "mprotect: %d", -errno);
	else
		racer->good++;
	usleep(race_dice(racer, 2000));
}

/* A child has the entries of the moment, and then makes its own. */
static void fork_a_child(struct racer *racer)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		for (int i = 0; i < 50; i++) {
			size_t page = race_dice(racer, PMD / PAGE);
			uint32_t value;

			if (try_read32(racer->race->map + page * PAGE, &value) &&
			    value != MARK + page)
				_exit(1);
		}
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		race_wrong(racer, "fork: %d", -errno);
	else if (status)
		race_wrong(racer, "a child read something else: %#x", status);
	else
		racer->good++;
	usleep(race_dice(racer, 2000));
}

static void race_of_faults(struct __test_metadata *_metadata, struct race *race)
{
	for (int i = 0; i < 3; i++)
		race_add(race, "touches", touch_any, NULL);
	race_add(race, "maps anew", map_anew, NULL);
	EXPECT_STREQ("", race_run(race, SECONDS));
	for (size_t page = 0; page < PMD / PAGE; page++) {
		uint32_t value = 0;

		ASSERT_TRUE(try_read32(race->map + page * PAGE, &value));
		ASSERT_EQ(MARK + page, value);
	}
}

/* One page off the alignment of large entries: windows of small ones. */
TEST_F_TIMEOUT(memory, faults_of_one_window_show_the_right_pages, 60)
{
	struct race race = RACE(&self->dev, self->hole + PAGE);

	RACE_OR_SKIP();
	ASSERT_TRUE(map_at(&self->dev, race.map, 0, PMD / PAGE));
	race_of_faults(_metadata, &race);
}

/* The same where a large entry fits. */
TEST_F_TIMEOUT(memory, faults_of_one_large_entry_show_the_right_pages, 60)
{
	struct race race = RACE(&self->dev, self->hole);

	RACE_OR_SKIP();
	ASSERT_TRUE(map_at(&self->dev, race.map, 0, PMD / PAGE));
	race_of_faults(_metadata, &race);
}

TEST_F_TIMEOUT(memory, faults_against_zaps_and_forks_never_see_noise, 60)
{
	struct race race = RACE(&self->dev, self->hole + PAGE);

	RACE_OR_SKIP();
	ASSERT_TRUE(map_at(&self->dev, race.map, 0, PMD / PAGE));
	race_add(&race, "changes protection", change_protection, NULL);
	race_add(&race, "forks", fork_a_child, NULL);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	race_of_faults(_metadata, &race);
}

TEST_F_TIMEOUT(memory, large_entries_against_zaps_never_see_noise, 60)
{
	struct race race = RACE(&self->dev, self->hole);

	RACE_OR_SKIP();
	ASSERT_TRUE(map_at(&self->dev, race.map, 0, PMD / PAGE));
	race_add(&race, "changes protection", change_protection, NULL);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	race_of_faults(_metadata, &race);
}

static void touch_id(struct racer *racer)
{
	race_touch(racer, racer->race->map, EDU_ID_VALUE);
	/* QEMU reads registers under one big lock: let other threads have it. */
	usleep(race_dice(racer, 40));
}

static void read_id(struct racer *racer)
{
	race_read(racer, 0, EDU_ID, EDU_ID_VALUE);
	usleep(race_dice(racer, 40));
}

/* What nobody decodes reads as all ones. */
TEST_F_TIMEOUT(edu, race_with_zaps, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	race_add(&race, "touches", touch_id, NULL);
	race_add(&race, "touches, second thread", touch_id, NULL);
	race_add(&race, "reads", read_id, NULL);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar, EDU_ID));
}

static long taint(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "r");
	long taint = -1;

	if (file && fscanf(file, "%ld", &taint) != 1)
		taint = -1;
	if (file)
		fclose(file);
	return taint;
}

static void touch_small(struct racer *racer)
{
	struct race *race = racer->race;

	prctl(PR_SET_NAME, "small");
	/* No entry and no page table; and then both at once. */
	if (!map_at(race->dev, race->map, 0, PMD / PAGE))
		race_wrong(racer, "mmap: %d", -errno);
	race_touch(racer, race->map + 3 * PAGE, MARK + 3);
	usleep(race_dice(racer, 2000));
}

static void touch_large(struct racer *racer)
{
	race_touch(racer, racer->race->map + 5 * PAGE, MARK + 5);
	usleep(race_dice(racer, 2000));
}

/*
 * A large entry that appears under a fault for small ones is a reason to fault again: the kernel
 * must neither warn of it nor run out of memory.
 */
TEST_F_TIMEOUT(memory, small_fault_meets_large_entry_and_retries, 60)
{
	struct race race = RACE(&self->dev, self->hole);
	long before = taint();

	RACE_OR_SKIP();
	if (strcmp(vfio_driver(), "vfio-pci-sdk"))
		SKIP(return, "the module that widens it knows our core: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_TRUE(map_at(&self->dev, race.map, 0, PMD / PAGE));
	try_read32(race.map, NULL);
	if (!mem_huge_entries())
		SKIP(return, NO_HUGE_ENTRIES);
	ASSERT_EQ(PMD, pt_lookup(race.map).size);
#ifndef __x86_64__
	SKIP(return, "the module that widens it is for x86");
#endif
	ASSERT_EQ(0, module_load("smallfault", ""));
	race_add(&race, "faults for small entries", touch_small, NULL);
	race_add(&race, "faults for large ones", touch_large, NULL);
	race_add(&race, "faults for large ones, second thread", touch_large, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(before | 12288, taint() | 12288);
	ASSERT_EQ(0, module_unload("smallfault"));
}

TEST_HARNESS_MAIN
