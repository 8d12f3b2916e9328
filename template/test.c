// SPDX-License-Identifier: GPL-2.0-only
/* edu-vfio-pci: the guarded page is there when granted, and nowhere when not. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "variant.h"

#include "uapi.h"

#define DRIVER "edu_vfio_pci"

/* A register of the guarded page that reads as the complement of what was written. */
#define TEST_REG 0x04
#define MAP_LEN	     (4 * PAGE)

static const struct pci_id edu_id = { 0x1234, 0x11e8, "edu" };

FIXTURE(guard)
{
	struct vfio_dev dev;
	unsigned int region;
	struct edu_vfio_pci_status *status;
	char *bar;
};

static int set_guard(FIXTURE_DATA(guard) *self, uint32_t grant)
{
	return sys(pwrite(self->dev.fd, &grant, sizeof(grant),
			  VFIO_REGION_OFFSET(self->region) + EDU_VFIO_PCI_CONTROL));
}

#define GRANTED 4 /* bytes written */

static int attach(FIXTURE_DATA(guard) *self, struct vfio_iommu *iommu, const char *bdf)
{
	int err = variant_open(&self->dev, iommu, bdf, DRIVER);

	if (err)
		return err;
	self->region = variant_region(&self->dev, EDU_VFIO_PCI_REGION_TYPE,
				      EDU_VFIO_PCI_REGION_SUBTYPE);
	if (!self->region)
		return -ENOENT;
	self->status = vfio_mmap(&self->dev, self->region, 0, PAGE, PROT_READ);
	self->bar = vfio_mmap(&self->dev, 0, 0, MAP_LEN, PROT_READ | PROT_WRITE);
	return self->status == MAP_FAILED || self->bar == MAP_FAILED ? -errno : 0;
}

static void detach(FIXTURE_DATA(guard) *self)
{
	munmap(self->status, PAGE);
	munmap(self->bar, MAP_LEN);
	vfio_close(&self->dev);
}

FIXTURE_SETUP(guard)
{
	char bdf[BDF_LEN];

	if (variant_find(&edu_id, 0, bdf))
		SKIP_NO_DEVICE(return, &edu_id);
	ASSERT_EQ(0, attach(self, NULL, bdf));
}

FIXTURE_TEARDOWN(guard)
{
	vfio_close(&self->dev);
}

/* Whether this process can touch the guarded page; what it sees must be the register. */
static bool touch(char *bar)
{
	static uint32_t mark;
	uint32_t seen;

	if (!try_write32(bar + TEST_REG, ++mark))
		return false;
	return try_read32(bar + TEST_REG, &seen) && seen == ~mark;
}

TEST_F(guard, is_closed_at_first)
{
	EXPECT_EQ(0, self->status->granted);
	EXPECT_FALSE(try_read32(self->bar, NULL));
	EXPECT_FALSE(try_write32(self->bar + TEST_REG, 1));
	EXPECT_TRUE(try_read32(self->bar + PAGE, NULL));
	EXPECT_TRUE(try_read32(self->bar + MAP_LEN - PAGE, NULL));
}

TEST_F(guard, opens_and_closes)
{
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(GRANTED, set_guard(self, 1));
		ASSERT_EQ(1, self->status->granted);
		ASSERT_TRUE(touch(self->bar)) TH_LOG("round %d", i);
		ASSERT_EQ(GRANTED, set_guard(self, 0));
		ASSERT_EQ(0, self->status->granted);
		ASSERT_FALSE(touch(self->bar)) TH_LOG("round %d", i);
	}
}

/* The page is alone in its entry, and taking it away leaves its neighbours' entries in place. */
TEST_F(guard, neighbours_never_notice)
{
	long faults;

	ASSERT_EQ(GRANTED, set_guard(self, 1));
	ASSERT_TRUE(try_read32(self->bar + PAGE, NULL));
	if (pt_available())
		EXPECT_EQ(0, pt_lookup(self->bar).size);
	ASSERT_TRUE(touch(self->bar));
	if (pt_available())
		EXPECT_EQ(PAGE, pt_lookup(self->bar).size);

	faults = fault_count();
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(GRANTED, set_guard(self, 0));
		if (pt_available())
			ASSERT_EQ(0, pt_lookup(self->bar).size);
		ASSERT_TRUE(try_read32(self->bar + PAGE, NULL));
		ASSERT_TRUE(try_read32(self->bar + 2 * PAGE, NULL));
		ASSERT_EQ(GRANTED, set_guard(self, 1));
	}
	/* A page of this program may come in meanwhile; theirs would, each time. */
	EXPECT_LT(fault_count() - faults, 10);
}

/* A large entry, where one fits, begins after the guarded page. */
TEST(guard_is_in_no_large_entry)
{
	const struct pci_id large = { 0x1234, 0x1111, "VGA or bochs-display (16 MiB BAR 0)" };
	const size_t pmd = PAGE << 9, len = 3 * pmd;
	FIXTURE_DATA(guard) self;
	char bdf[BDF_LEN], *map;

	if (pci_find(&large, 0, bdf))
		SKIP(return, "no %s: make test QEMU_ARGS='-device bochs-display'", large.name);
	ASSERT_EQ(0, attach(&self, NULL, bdf));
	map = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map = (char *)(((uintptr_t)map + pmd - 1) & ~(pmd - 1));
	map = mmap(map, 2 * pmd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self.dev.fd,
		   VFIO_REGION_OFFSET(0));
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(GRANTED, set_guard(&self, 1));
	for (size_t at = PAGE; at < 2 * pmd; at += PAGE) {
		ASSERT_TRUE(try_read32(map + at, NULL));
	}
	EXPECT_EQ(0, pt_lookup(map).size);
	ASSERT_TRUE(try_read32(map, NULL));
	EXPECT_EQ(PAGE, pt_lookup(map).size);
	ASSERT_EQ(GRANTED, set_guard(&self, 0));
	EXPECT_FALSE(try_read32(map, NULL));
	EXPECT_TRUE(try_read32(map + PAGE, NULL));
	EXPECT_TRUE(try_read32(map + pmd, NULL));
	TH_LOG("entry behind the first 2 MiB: %zu KiB", pt_lookup(map + pmd).size >> 10);
	detach(&self);
}

/* All of a BAR that is smaller than a page is guarded with it. */
TEST(guard_of_a_small_bar)
{
	FIXTURE_DATA(guard) self = { 0 };
	char bdf[BDF_LEN], *map;

	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, variant_open(&self.dev, NULL, bdf, DRIVER));
	self.region = variant_region(&self.dev, EDU_VFIO_PCI_REGION_TYPE,
				     EDU_VFIO_PCI_REGION_SUBTYPE);
	map = vfio_mmap(&self.dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_FALSE(try_read32(map, NULL));
	ASSERT_EQ(GRANTED, set_guard(&self, 1));
	EXPECT_TRUE(try_read32(map, NULL));
	ASSERT_EQ(GRANTED, set_guard(&self, 0));
	EXPECT_FALSE(try_read32(map, NULL));
	munmap(map, PAGE);
	vfio_close(&self.dev);
}

/* read() and write() obey the same rule, without any mapping. */
TEST_F(guard, read_and_write)
{
	uint64_t base = VFIO_REGION_OFFSET(0);
	uint32_t mark = 0x12345678, seen;
	char both[8];

	EXPECT_EQ(-EACCES, sys(pread(self->dev.fd, &seen, 4, base)));
	EXPECT_EQ(-EACCES, sys(pwrite(self->dev.fd, &mark, 4, base + TEST_REG)));
	EXPECT_EQ(4, sys(pread(self->dev.fd, &seen, 4, base + PAGE)));

	ASSERT_EQ(GRANTED, set_guard(self, 1));
	EXPECT_EQ(4, sys(pwrite(self->dev.fd, &mark, 4, base + TEST_REG)));
	EXPECT_EQ(4, sys(pread(self->dev.fd, &seen, 4, base + TEST_REG)));
	EXPECT_EQ(~mark, seen);
	/* One register at a time; nothing that reaches over the border. */
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, &seen, 4, base + 2)));
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, &seen, 2, base)));
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, both, 8, base + PAGE - 4)));
	/* User memory whose faults take memory_lock: the device's own. */
	EXPECT_EQ(4, sys(pread(self->dev.fd, self->bar + 2 * PAGE, 4, base)));
	EXPECT_EQ(4, sys(pwrite(self->dev.fd, self->bar + 3 * PAGE, 4, base + TEST_REG)));

	ASSERT_EQ(GRANTED, set_guard(self, 0));
	EXPECT_EQ(-EACCES, sys(pread(self->dev.fd, &seen, 4, base + TEST_REG)));
	EXPECT_EQ(4, sys(pread(self->dev.fd, &seen, 4, base + PAGE)));
}

/* A write by eventfd would not ask whether the page is granted. */
TEST_F(guard, no_ioeventfd)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = VFIO_REGION_OFFSET(0) + TEST_REG,
		.fd = eventfd(0, 0),
	};

	EXPECT_EQ(-ENOTTY, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &io)));
}

TEST_F(guard, status_page)
{
	uint64_t status = VFIO_REGION_OFFSET(self->region);
	uint64_t control = status + EDU_VFIO_PCI_CONTROL;
	struct vfio_region_info info;
	uint32_t junk = 2;

	ASSERT_EQ(0, vfio_region(&self->dev, self->region, &info));
	EXPECT_EQ(EDU_VFIO_PCI_REGION_SIZE, info.size);
	EXPECT_TRUE(info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(1, variant_sparse_areas(&self->dev, self->region));

	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, self->region, 0, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, self->region, 0, 2 * PAGE, PROT_READ));
	EXPECT_EQ(MAP_FAILED,
		  mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->dev.fd, control));
	EXPECT_EQ(-EACCES, sys(mprotect(self->status, PAGE, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, &junk, 4, control)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &junk, 4, status)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &junk, 2, control)));
	EXPECT_EQ(-EFAULT, sys(pwrite(self->dev.fd, self->bar, 4, control)));
	EXPECT_EQ(0, self->status->granted);
}

/* Tells another process, through a pipe, to touch the page, and hears how that went. */
struct other {
	int to, from;
};

static void touch_on_demand(int from, int to, char *bar)
{
	char answer;

	while (read(from, &answer, 1) == 1) {
		answer = touch(bar);
		if (write(to, &answer, 1) != 1)
			break;
	}
	_exit(0);
}

static bool other_touches(struct other *other)
{
	char answer = 0;

	return write(other->to, &answer, 1) == 1 && read(other->from, &answer, 1) == 1 && answer;
}

/* @own: with a mapping of its own; else with the one that fork() gave it. */
static pid_t start_other(FIXTURE_DATA(guard) *self, struct other *other, bool own)
{
	int down[2], up[2];
	pid_t pid;

	if (pipe(down) || pipe(up))
		return -1;
	pid = fork();
	if (!pid) {
		close(down[1]);
		close(up[0]);
		touch_on_demand(down[0], up[1],
				own ? vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE) :
				      self->bar);
	}
	close(down[0]);
	close(up[1]);
	*other = (struct other){ .to = down[1], .from = up[0] };
	return pid;
}

static void stop_other(struct other *other, pid_t pid)
{
	close(other->to);
	close(other->from);
	waitpid(pid, NULL, 0);
}

static void with_another_process(struct __test_metadata *_metadata, FIXTURE_DATA(guard) *self,
				 bool own)
{
	struct other other = { -1, -1 };
	pid_t pid;

	/* So that fork() has an entry to copy. */
	ASSERT_EQ(GRANTED, set_guard(self, 1));
	ASSERT_TRUE(touch(self->bar));
	pid = start_other(self, &other, own);
	ASSERT_LT(0, pid);
	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(other_touches(&other)) TH_LOG("round %d", i);
		ASSERT_TRUE(touch(self->bar)) TH_LOG("round %d", i);
		ASSERT_EQ(GRANTED, set_guard(self, 0));
		ASSERT_FALSE(other_touches(&other)) TH_LOG("round %d", i);
		ASSERT_FALSE(touch(self->bar)) TH_LOG("round %d", i);
		ASSERT_EQ(GRANTED, set_guard(self, 1));
	}
	stop_other(&other, pid);
}

TEST_F(guard, two_processes)
{
	with_another_process(_metadata, self, true);
}

TEST_F(guard, fork)
{
	with_another_process(_metadata, self, false);
}

/* epoch is odd while the page is revoked for certain. */
struct race {
	char *bar;
	atomic_bool stop;
	atomic_uint epoch;
	unsigned long granted, refused, while_revoked;
};

static void *racer(void *arg)
{
	struct race *race = arg;

	while (!race->stop) {
		unsigned int before = race->epoch;

		if (!try_read32(race->bar + TEST_REG, NULL))
			race->refused++;
		else if ((before & 1) && before == race->epoch)
			race->while_revoked++;
		else
			race->granted++;
	}
	return NULL;
}

TEST_F_TIMEOUT(guard, thread_that_races, 60)
{
	struct race race = { .bar = self->bar };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, racer, &race));
	for (int i = 0; i < 3000; i++) {
		ASSERT_EQ(GRANTED, set_guard(self, 1));
		/* Both sides must get a chance, even on one CPU. */
		if (i % 64 == 0)
			usleep(1000);
		ASSERT_EQ(GRANTED, set_guard(self, 0));
		race.epoch++;
		if (i % 64 == 32)
			usleep(1000);
		race.epoch++;
	}
	race.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, race.while_revoked);
	EXPECT_LT(0, race.granted);
	EXPECT_LT(0, race.refused);
}

TEST_F(guard, decode_off_ends_the_grant)
{
	ASSERT_EQ(GRANTED, set_guard(self, 1));
	ASSERT_TRUE(touch(self->bar));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(0, self->status->granted);
	EXPECT_EQ(-EIO, set_guard(self, 1));
	EXPECT_FALSE(touch(self->bar));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_FALSE(touch(self->bar));
	EXPECT_TRUE(try_read32(self->bar + PAGE, NULL));
	EXPECT_EQ(GRANTED, set_guard(self, 1));
	EXPECT_TRUE(touch(self->bar));
}

TEST_F(guard, next_user_starts_revoked)
{
	char bdf[BDF_LEN];

	ASSERT_EQ(GRANTED, set_guard(self, 1));
	ASSERT_TRUE(touch(self->bar));
	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	detach(self);
	ASSERT_EQ(0, attach(self, NULL, bdf));
	EXPECT_EQ(0, self->status->granted);
	EXPECT_FALSE(touch(self->bar));
	ASSERT_EQ(GRANTED, set_guard(self, 1));
	EXPECT_TRUE(touch(self->bar));
}

/* Of the function where it has a reset of its own, else of the slot: a spare pair in the lab. */
TEST(reset_in_the_middle)
{
	FIXTURE_DATA(guard) self;
	char bdf[BDF_LEN];
	uint32_t resets;
	int err;

	if (variant_find(&edu_id, 2, bdf))
		SKIP_NO_DEVICE(return, &edu_id);
	ASSERT_EQ(0, attach(&self, NULL, bdf));
	ASSERT_EQ(GRANTED, set_guard(&self, 1));
	ASSERT_TRUE(touch(self.bar));
	resets = self.status->resets;
	err = variant_reset(&self.dev, DRIVER);
	if (err == -ENOTTY)
		SKIP(return, "%s cannot be reset: try another with VFIO_SELFTESTS_BDF", bdf);
	ASSERT_EQ(0, err);
	/* The PCI core calls reset_done for each method it tries, those that fail as well. */
	EXPECT_LT(resets, self.status->resets);
	EXPECT_EQ(0, self.status->granted);
	EXPECT_FALSE(touch(self.bar));
	EXPECT_EQ(GRANTED, set_guard(&self, 1));
	EXPECT_TRUE(touch(self.bar));
	detach(&self);
}

/* By sysfs, which resets a device even while it is open. */
TEST(reset_by_the_administrator)
{
	FIXTURE_DATA(guard) self;
	char bdf[BDF_LEN];
	uint32_t resets;
	int err;

	/* The lab's edu has no reset of its own, its nvme does. */
	if (variant_find(&edu_id, 0, bdf) ||
	    (!getenv("VFIO_SELFTESTS_BDF") && pci_find(&pci_nvme, 0, bdf)))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, attach(&self, NULL, bdf));
	ASSERT_EQ(GRANTED, set_guard(&self, 1));
	ASSERT_TRUE(try_read32(self.bar, NULL));
	resets = self.status->resets;
	err = pci_write_attr(bdf, "reset", "1");
	if (err == -ENOENT)
		SKIP(return, "%s cannot be reset: try another with VFIO_SELFTESTS_BDF", bdf);
	ASSERT_EQ(0, err);
	EXPECT_EQ(resets + 1, self.status->resets);
	EXPECT_EQ(0, self.status->granted);
	EXPECT_FALSE(try_read32(self.bar, NULL));
	EXPECT_TRUE(try_read32(self.bar + PAGE, NULL));
	EXPECT_EQ(GRANTED, set_guard(&self, 1));
	EXPECT_TRUE(try_read32(self.bar, NULL));
	detach(&self);
}

static void *unbind(void *arg)
{
	return (void *)(intptr_t)pci_unbind(arg);
}

/* The driver takes the page back at once; everything else lasts until the file is closed. */
TEST_F(guard, unbind_in_the_middle)
{
	int fd = eventfd(0, 0);
	char bdf[BDF_LEN];
	pthread_t thread;
	void *err;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &fd));
	ASSERT_EQ(GRANTED, set_guard(self, 1));
	ASSERT_TRUE(touch(self->bar));

	ASSERT_EQ(0, pthread_create(&thread, NULL, unbind, bdf));
	ASSERT_TRUE(eventfd_wait(fd, 5000, NULL));
	EXPECT_EQ(0, self->status->granted);
	EXPECT_FALSE(touch(self->bar));
	EXPECT_EQ(-EBUSY, set_guard(self, 1));
	EXPECT_TRUE(try_read32(self->bar + PAGE, NULL));

	detach(self);
	ASSERT_EQ(0, pthread_join(thread, &err));
	EXPECT_EQ(0, (intptr_t)err);
	ASSERT_EQ(0, attach(self, NULL, bdf));
	EXPECT_EQ(GRANTED, set_guard(self, 1));
	EXPECT_TRUE(touch(self->bar));
}

TEST_HARNESS_MAIN
