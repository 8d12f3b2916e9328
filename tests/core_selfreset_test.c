// SPDX-License-Identifier: GPL-2.0-only
/*
 * A variant driver resets its device by itself: with memory_lock held, as upstream's drivers do, or
 * by this core's functions. There must be no deadlock, and no access may reach a device in reset.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"
#include "variant.h"

#include "modules/selfreset/selfreset.h"

#define DRIVER	   "selfreset"
#define OTHER_CORE "the driver that resets stands on our core: set VFIO_DRIVER=vfio-pci-sdk"

/* A reset takes 100 ms here, a busy host much longer; a deadlock never ends. */
#define DEADLINE_MS 20000
#define ROUNDS	    6

/* Runs @call in a child, which unlike a thread can be abandoned when it hangs. */
static pid_t child_start(int (*call)(struct vfio_dev *dev, unsigned long arg),
			 struct vfio_dev *dev, unsigned long arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-call(dev, arg));
	return pid;
}

static void show_stack(pid_t pid)
{
	char path[64], stack[4096] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && read(fd, stack, sizeof(stack) - 1) < 0)
		stack[0] = 0;
	for (char *line = strtok(stack, "\n"); line; line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

/* Returns the call's -errno, or -ETIMEDOUT if the child hangs; it is abandoned then. */
static int child_end(pid_t pid)
{
	int status;

	for (int ms = 0; ms < DEADLINE_MS; ms += 10) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
		usleep(10000);
	}
	show_stack(pid);
	kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

static int selfreset(struct vfio_dev *dev, unsigned long how)
{
	return sys(ioctl(dev->fd, SELFRESET, how));
}

static int toggle_decode(struct vfio_dev *dev, unsigned long rounds)
{
	while (rounds--) {
		vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
		vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
	}
	return 0;
}

static int reset_all_ways(struct vfio_dev *dev, unsigned long rounds)
{
	/* Another task that resets is no error. */
	for (unsigned long i = 0; i < rounds * SELFRESET_NR; i++) {
		int ret = i % SELFRESET_NR == SELFRESET_BUS ? 0 : selfreset(dev, i % SELFRESET_NR);

		if (ret && ret != -EAGAIN)
			return ret;
	}
	return 0;
}

static int sysfs_resets(struct vfio_dev *dev, unsigned long rounds)
{
	int ret = 0;

	while (rounds-- && !ret)
		ret = pci_write_attr(dev->bdf, "reset", "1");
	return ret;
}

/* Touches the device by mapping and by read() until told to stop. */
struct watcher {
	struct vfio_dev *dev;
	volatile char *bar;
	uint32_t expected;
	atomic_bool stop;
	atomic_uint good, refused, noise;
	pthread_t thread[2];
};

static void watch(struct watcher *watcher, bool seen, uint32_t value)
{
	atomic_fetch_add(!seen			       ? &watcher->refused :
			 value == watcher->expected ? &watcher->good :
							 &watcher->noise,
			 1);
}

static void *watch_mapping(void *arg)
{
	struct watcher *watcher = arg;
	uint32_t value;
	bool seen;

	while (!watcher->stop) {
		seen = try_read32(watcher->bar, &value);
		watch(watcher, seen, value);
	}
	return NULL;
}

static void *watch_file(void *arg)
{
	struct watcher *watcher = arg;
	uint32_t value;
	ssize_t ret;

	while (!watcher->stop) {
		ret = pread(watcher->dev->fd, &value, sizeof(value), VFIO_REGION_OFFSET(0));
		watch(watcher, ret == sizeof(value), value);
	}
	return NULL;
}

static int watch_start(struct watcher *watcher)
{
	if (!try_read32(watcher->bar, &watcher->expected))
		return -EIO;
	return -pthread_create(&watcher->thread[0], NULL, watch_mapping, watcher) ?:
	       -pthread_create(&watcher->thread[1], NULL, watch_file, watcher);
}

static void watch_stop(struct watcher *watcher)
{
	watcher->stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(watcher->thread[i], NULL);
	printf("# %u accesses, %u refused, %u saw a device in reset\n", watcher->good,
	       watcher->refused, watcher->noise);
}

/* One function with FLR. */
FIXTURE(alone)
{
	struct watcher watcher;
	struct vfio_dev dev;
};

FIXTURE_SETUP(alone)
{
	char bdf[BDF_LEN];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, OTHER_CORE);
	if (pci_find(&pci_nvme, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, bdf, DRIVER));
	self->watcher.dev = &self->dev;
	self->watcher.bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, self->watcher.bar);
	ASSERT_EQ(0, watch_start(&self->watcher));
}

FIXTURE_TEARDOWN(alone)
{
	self->watcher.stop = true;
	vfio_close(&self->dev);
}

FIXTURE_VARIANT(alone)
{
	enum selfreset_how how;
};

FIXTURE_VARIANT_ADD(alone, memory_lock_held)
{
	.how = SELFRESET_TRY,
};

FIXTURE_VARIANT_ADD(alone, memory_lock_guarded)
{
	.how = SELFRESET_GUARD,
};

FIXTURE_VARIANT_ADD(alone, device_locked_as_well)
{
	.how = SELFRESET_LOCKED,
};

FIXTURE_VARIANT_ADD(alone, worker_resets)
{
	.how = SELFRESET_WORKER,
};

FIXTURE_VARIANT_ADD(alone, core_resets)
{
	.how = SELFRESET_CORE,
};

FIXTURE_VARIANT_ADD(alone, revoked_first)
{
	.how = SELFRESET_REVOKE,
};

FIXTURE_VARIANT_ADD(alone, worker_waits_for_an_access)
{
	.how = SELFRESET_ACCESSING,
};

TEST_F_TIMEOUT(alone, reset_returns, 120)
{
	uint32_t value;

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, child_end(child_start(selfreset, &self->dev, variant->how)));
	watch_stop(&self->watcher);
	EXPECT_LT(0, self->watcher.good);
	EXPECT_EQ(0, self->watcher.noise);
	ASSERT_TRUE(try_read32(self->watcher.bar, &value));
	EXPECT_EQ(self->watcher.expected, value);
}

FIXTURE(nvme)
{
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(nvme)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, OTHER_CORE);
	if (pci_find(&pci_nvme, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
}

FIXTURE_TEARDOWN(nvme)
{
}

TEST_F_TIMEOUT(nvme, resets_of_all_kinds_at_once_end, 240)
{
	struct vfio_dev dev;
	struct watcher watcher = { .dev = &dev };
	pid_t pid[4];

	ASSERT_EQ(0, variant_open(&dev, NULL, self->bdf, DRIVER));
	watcher.bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, watcher.bar);
	ASSERT_EQ(0, watch_start(&watcher));
	pid[0] = child_start(reset_all_ways, &dev, ROUNDS);
	pid[1] = child_start(reset_all_ways, &dev, ROUNDS);
	pid[2] = child_start(sysfs_resets, &dev, 4 * ROUNDS);
	pid[3] = child_start(toggle_decode, &dev, 50 * ROUNDS);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, child_end(pid[i])) TH_LOG("task %d", i);
	}
	watch_stop(&watcher);
	EXPECT_LT(0, watcher.good);
	EXPECT_EQ(0, watcher.noise);
	vfio_close(&dev);
}

static int reset_bus(struct vfio_dev *dev, unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		int ret = selfreset(dev, SELFRESET_BUS);

		if (ret && ret != -EAGAIN)
			return ret;
	}
	return 0;
}

static int reset_bus_by_sysfs(struct vfio_dev *dev, unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		int ret = pci_write_attr(dev->bdf, "../reset_subordinate", "1");

		if (ret && ret != -EAGAIN)
			return ret;
	}
	return 0;
}

/* Two functions that are reset together. */
FIXTURE(pair)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	volatile char *bar[2];
};

FIXTURE_SETUP(pair)
{
	char bdf[2][BDF_LEN];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, OTHER_CORE);
	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	ASSERT_EQ(0, module_need(DRIVER));
	ASSERT_EQ(0, pci_bind(bdf[1], DRIVER));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, variant_open(&self->dev[i], &self->iommu, bdf[i], DRIVER));
		self->bar[i] = vfio_mmap(&self->dev[i], 0, 0, PAGE, PROT_READ);
		ASSERT_NE(MAP_FAILED, self->bar[i]);
	}
}

FIXTURE_TEARDOWN(pair)
{
	for (int i = 0; i < 2; i++)
		vfio_close(&self->dev[i]);
	vfio_iommu_close(&self->iommu);
}

TEST_F_TIMEOUT(pair, bus_is_reset_with_one_memory_lock_held, 120)
{
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, child_end(child_start(selfreset, &self->dev[i % 2], SELFRESET_BUS)));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(EDU_ID_VALUE, edu_read((void *)self->bar[i], EDU_ID));
}

TEST_F_TIMEOUT(pair, bus_resets_of_all_kinds_at_once_end, 240)
{
	struct watcher watcher[2];
	pid_t pid[5];

	for (int i = 0; i < 2; i++) {
		watcher[i] = (struct watcher){ .dev = &self->dev[i], .bar = self->bar[i] };
		ASSERT_EQ(0, watch_start(&watcher[i]));
	}
	pid[0] = child_start(reset_bus, &self->dev[0], ROUNDS);
	pid[1] = child_start(reset_bus, &self->dev[1], ROUNDS);
	pid[2] = child_start(reset_bus_by_sysfs, &self->dev[0], ROUNDS);
	pid[3] = child_start(toggle_decode, &self->dev[0], 50 * ROUNDS);
	pid[4] = child_start(toggle_decode, &self->dev[1], 50 * ROUNDS);
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, child_end(pid[i])) TH_LOG("task %d", i);
	}
	for (int i = 0; i < 2; i++) {
		watch_stop(&watcher[i]);
		EXPECT_LT(0, watcher[i].good);
		EXPECT_EQ(0, watcher[i].noise);
	}
}

static long unreclaimable_kb(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;

	while (file && kb < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "SUnreclaim: %ld kB", &kb);
	if (file)
		fclose(file);
	return kb;
}

/*
 * Each failure would leak SELFRESET_RANGES objects of at least 64 bytes. Kernels that keep freed
 * memory to find its users (KASAN) have kmemleak, and there the gates look for leaks; with lockdep,
 * a lock in freed memory is another one.
 */
TEST_F_TIMEOUT(nvme, failed_init_leaves_nothing, 120)
{
	const long leak_kb = SELFRESET_RANGES * 64 / 1024;
	char bdf[BDF_LEN];
	long before, after;

	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, module_load(DRIVER, "init_fails=1"));
	EXPECT_NE(0, pci_bind(bdf, DRIVER));
	before = unreclaimable_kb();
	for (int i = 0; i < 16; i++)
		EXPECT_NE(0, pci_bind(bdf, DRIVER));
	after = unreclaimable_kb();
	printf("# slab: %ld kB, then %ld kB\n", before, after);
	ASSERT_LT(0, before);
	if (test_slowdown() == 1) {
		EXPECT_LT(after, before + 8 * leak_kb);
	}
	EXPECT_EQ(0, module_load(DRIVER, ""));
	EXPECT_EQ(0, pci_bind(bdf, DRIVER));
}

TEST_HARNESS_MAIN
