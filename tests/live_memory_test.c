// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: what user space makes the library allocate is charged to user space and bounded,
 * and an allocation that fails leaves everything as it was.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "live.h"
#include "mem.h"
#include "module.h"
#include "variant.h"

#define DRIVER	"livemem"
#define CGROUPS "/sys/fs/cgroup"
#define GROUP	CGROUPS "/live_memory_test"
#define KEPT	200 /* files */

FIXTURE(memory)
{
	char bdf[BDF_LEN];
	struct vfio_dev dev;
	bool mounted, grouped;
};

static int reopen(FIXTURE_DATA(memory) *self)
{
	vfio_close(&self->dev);
	return variant_open(&self->dev, NULL, self->bdf, DRIVER);
}

FIXTURE_SETUP(memory)
{
	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, module_load(DRIVER, ""));
	ASSERT_EQ(0, reopen(self));
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
	pci_unbind(self->bdf);
	if (self->grouped) {
		write_file(CGROUPS "/cgroup.procs", "0");
		rmdir(GROUP);
	}
	if (self->mounted)
		umount(CGROUPS);
}

/* ---- accounting ---- */

/* A group of its own for this process; false where the kernel cannot count for it. */
static bool enter_group(FIXTURE_DATA(memory) *self)
{
	if (access(CGROUPS "/cgroup.controllers", F_OK))
		self->mounted = !mount("none", CGROUPS, "cgroup2", 0, NULL);
	write_file(CGROUPS "/cgroup.subtree_control", "+memory");
	self->grouped = !mkdir(GROUP, 0755) && !access(GROUP "/memory.stat", F_OK) &&
			!write_file(GROUP "/cgroup.procs", "0");
	return self->grouped;
}

/* Bytes of kernel memory that the group is charged for: the kernel sums them up every 2 s. */
static long charged(void)
{
	char line[128];
	long bytes = -1;
	FILE *file;

	usleep(3000000);
	file = fopen(GROUP "/memory.stat", "r");
	while (file && bytes < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "kernel %ld", &bytes);
	if (file)
		fclose(file);
	return bytes;
}

TEST_F_TIMEOUT(memory, session_is_charged_and_its_end_gives_back, 120)
{
	static const uint32_t states[] = { VFIO_DEVICE_STATE_STOP_COPY,
					   VFIO_DEVICE_STATE_RESUMING };
	int fd[KEPT];
	long before, running;

	if (!enter_group(self))
		SKIP(return, "no cgroups that count memory here: use KERNEL=debian-6.12");
	ASSERT_EQ(0, reopen(self));
	before = charged();
	ASSERT_LT(0, before);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, live_set(&self->dev, states[i], &fd[0]));
		running = charged();
		EXPECT_LE(64 << 10, running - before) TH_LOG("%s", live_name(states[i]));
		EXPECT_GT(192 << 10, running - before) TH_LOG("%s", live_name(states[i]));
		ASSERT_EQ(0, reopen(self));
		EXPECT_GT(32 << 10, charged() - before) TH_LOG("%s", live_name(states[i]));
		close(fd[0]);
	}
	for (int i = 0; i < KEPT; i++) {
		ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd[i]));
		ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	}
	running = charged();
	TH_LOG("%ld bytes for each file whose session is over", (running - before) / KEPT);
	EXPECT_GT(KEPT * (4 << 10), running - before);
	for (int i = 0; i < KEPT; i++)
		close(fd[i]);
}

/* ---- no memory ---- */

static int nth_fd = -1;

static bool nth(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	return pwrite(nth_fd, text, len, 0) == len;
}

static bool has_failed(void)
{
	char text[16] = "";

	return pread(nth_fd, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
}

TEST_F_TIMEOUT(memory, each_failing_allocation_leaves_state_and_memory, 120)
{
	static const uint32_t targets[] = { VFIO_DEVICE_STATE_PRE_COPY,
					    VFIO_DEVICE_STATE_STOP_COPY,
					    VFIO_DEVICE_STATE_RESUMING };
	int refused = 0, err, fd, n;

	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0 || write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") ||
	    write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0") ||
	    write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N") ||
	    write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0"))
		SKIP(return, "this kernel cannot let allocations fail: use KERNEL=lab-7");
	ASSERT_EQ(0, reopen(self));
	for (unsigned int i = 0; i < 3; i++) {
		bool failed = true;

		for (n = 1; failed && n < 100; n++) {
			ASSERT_TRUE(nth(n));
			err = live_set(&self->dev, targets[i], &fd);
			failed = has_failed();
			ASSERT_TRUE(nth(0));
			if (failed && err) {
				EXPECT_EQ(-ENOMEM, err) TH_LOG("allocation %d", n);
				refused++;
			}
			if (fd >= 0)
				close(fd);
			/*
			 * The state never changes half way: the test can continue from the current
			 * one.
			 */
			if (err || targets[i] != VFIO_DEVICE_STATE_RESUMING)
				err = live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL);
			else
				err = reopen(self);
			ASSERT_EQ(0, err);
		}
		EXPECT_FALSE(failed);
	}
	EXPECT_LT(0, refused);
	close(nth_fd);
}

/* As above: a failure leaves no log behind, and the next log starts. */
TEST_F_TIMEOUT(memory, each_failing_allocation_of_dirty_log_is_told, 120)
{
	/* Its bitmap is no vmalloc(), which reports each failure. */
	struct live_log_range some = { 0, 1ULL << 30 };
	bool failed = true;
	int err, n;

	ASSERT_EQ(0, reopen(self));
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0 || write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") ||
	    write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0") ||
	    write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"))
		SKIP(return, "this kernel cannot let allocations fail: use KERNEL=lab-7");
	for (n = 1; failed && n < 100; n++) {
		uint64_t size = PAGE;

		ASSERT_TRUE(nth(n));
		err = live_log_start(&self->dev, &size, &some, 1);
		failed = has_failed();
		ASSERT_TRUE(nth(0));
		if (failed && err) {
			EXPECT_EQ(-ENOMEM, err) TH_LOG("allocation %d", n);
		}
		EXPECT_EQ(0, live_log_stop(&self->dev));
	}
	EXPECT_FALSE(failed);
	close(nth_fd);
}

TEST_HARNESS_MAIN
