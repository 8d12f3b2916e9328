// SPDX-License-Identifier: GPL-2.0-only
/*
 * make stress: for SECONDS=, processes and threads do to the lab's devices all that user space
 * can, at once and in an order that dice say (SEED= repeats the order of each): map, touch, unmap,
 * split and fork; take memory decode and power away; reset, alone and together; set interrupts up
 * and tear them down; open, close, bind, unbind and unplug.
 *
 * What must hold is checked as it happens: each access against the epoch of its device, see
 * lib/stress.h; and the eventfd of an interrupt that was torn down must stay silent.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

#include "fixture.h"
#include "host.h"
#include "mem.h"
#include "stress.h"

#define NVME_VS	   0x08 /* version: never changes */

/* What must have happened for a run to count. */
static const struct {
	const char *name;
	size_t offset;
} deeds[] = {
#define DEED(what) { #what, offsetof(struct shared, what) }
	DEED(forks),  DEED(interrupts), DEED(teardowns), DEED(resets),	DEED(hot_resets),
	DEED(sleeps), DEED(opens),	DEED(binds),	 DEED(unplugs),
};
#define DEEDS (sizeof(deeds) / sizeof(*deeds))

static unsigned long deed(unsigned int i)
{
	return *(atomic_ulong *)((char *)shared + deeds[i].offset);
}

static bool something_missing(void)
{
	for (unsigned int i = 0; i < DEEDS - shared->stays_plugged; i++)
		if (!deed(i))
			return true;
	return false;
}

/* While this process keeps the memory out of reach. */
static void dwell(struct job *job, char *map)
{
	struct target *t = job->target;

	t->epoch++;
	for (int i = dice(job, 4); i >= 0; i--) {
		touch(t, map, 0, 0);
		usleep(dice(job, 200));
	}
	t->epoch++;
}

static void run_toggler(struct job *job)
{
	struct target *t = job->target;
	char *map = map_window(t, 0, PAGE);

	while (!shared->stop && map != MAP_FAILED) {
		pthread_mutex_lock(&t->gate);
		vfio_set_command(&t->dev, PCI_COMMAND_MEMORY, 0);
		dwell(job, map);
		vfio_set_command(&t->dev, 0, PCI_COMMAND_MEMORY);
		pthread_mutex_unlock(&t->gate);
		usleep(dice(job, 2000));
	}
}

static int feature(struct vfio_dev *dev, uint32_t which)
{
	struct vfio_device_feature feature = { .argsz = sizeof(feature),
					       .flags = VFIO_DEVICE_FEATURE_SET | which };

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &feature));
}

static void run_power(struct job *job)
{
	struct target *t = job->target;
	unsigned int pm = vfio_find_cap(&t->dev, PCI_CAP_ID_PM);
	char *map = map_window(t, 0, PAGE);
	int ret;

	while (!shared->stop && map != MAP_FAILED) {
		pthread_mutex_lock(&t->gate);
		pthread_mutex_lock(&t->power);
		t->naps++;
		if (pm && dice(job, 2)) {
			vfio_config_write(&t->dev, pm + PCI_PM_CTRL, 2, 3);
			dwell(job, map);
			vfio_config_write(&t->dev, pm + PCI_PM_CTRL, 2, 0);
			vfio_set_command(&t->dev, 0, PCI_COMMAND_MEMORY);
		} else {
			ret = feature(&t->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
			if (!ret) {
				dwell(job, map);
				ret = feature(&t->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
			}
			if (ret)
				wrong("%s: low power: %d", t->name, ret);
		}
		shared->sleeps++;
		t->naps++;
		pthread_mutex_unlock(&t->power);
		pthread_mutex_unlock(&t->gate);
		usleep(dice(job, 20000));
	}
}

/*
 * Interrupts are set up in any way that the call knows, and cleared.  While the device sleeps the
 * PCI core has no vectors for it.
 */
static void run_vectors(struct job *job)
{
	struct target *t = job->target;
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	while (!shared->stop) {
		unsigned int count = 1 + dice(job, 3), naps = t->naps;
		int ret = vfio_set_eventfds(&t->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, count, fds);
		bool asleep = ret == -EINVAL && (naps % 2 || naps != t->naps);

		for (int i = dice(job, 4); !ret && i > 0; i--)
			ret = vfio_set_eventfds(&t->dev, VFIO_PCI_MSIX_IRQ_INDEX,
						dice(job, count), 1,
						&(int){ dice(job, 2) ? fds[dice(job, 3)] : -1 });
		if (!ret)
			ret = vfio_irq_disable(&t->dev, VFIO_PCI_MSIX_IRQ_INDEX);
		if (ret && !asleep)
			wrong("%s: MSI-X: %d", t->name, ret);
		usleep(dice(job, 5000));
	}
}

/* Raises the interrupt of edu again and again. */
static void run_raiser(struct job *job)
{
	char *map = map_window(job->target, 0, PAGE);

	while (!shared->stop && map != MAP_FAILED) {
		try_write32(map + EDU_IRQ_RAISE, 1);
		usleep(dice(job, 1000));
	}
}

static void run_interrupts(struct job *job)
{
	struct target *t = job->target;
	char *map = map_window(t, 0, PAGE);
	uint64_t count;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	while (!shared->stop && map != MAP_FAILED) {
		unsigned int index = dice(job, 2) ? VFIO_PCI_MSI_IRQ_INDEX :
						    VFIO_PCI_INTX_IRQ_INDEX;
		int ret = vfio_set_eventfds(&t->dev, index, 0, 1, &fd);

		for (int i = dice(job, 10); !ret && i >= 0; i--) {
			try_write32(map + EDU_IRQ_RAISE, 1);
			if (eventfd_wait(fd, 2, NULL))
				shared->interrupts++;
			try_write32(map + EDU_IRQ_ACK, 1);
			if (index == VFIO_PCI_INTX_IRQ_INDEX)
				ret = vfio_set_irqs(&t->dev, index,
						    VFIO_IRQ_SET_DATA_NONE |
							    VFIO_IRQ_SET_ACTION_UNMASK,
						    0, 1, NULL, 0);
		}
		if (!ret)
			ret = vfio_irq_disable(&t->dev, index);
		if (ret)
			wrong("%s: SET_IRQS, index %u: %d", t->name, index, ret);
		/* Consume earlier signals; from here on none may arrive. */
		if (read(fd, &count, sizeof(count)) == sizeof(count))
			shared->interrupts++;
		try_write32(map + EDU_IRQ_RAISE, 1);
		if (eventfd_wait(fd, dice(job, 5), NULL))
			wrong("%s: an interrupt after teardown, index %u", t->name, index);
		shared->teardowns++;
	}
}

static void run_resetter(struct job *job)
{
	struct target *t = job->target;
	unsigned int exp = vfio_find_cap(&t->dev, PCI_CAP_ID_EXP);

	while (!shared->stop) {
		int ret = 0;

		pthread_mutex_lock(&t->power);
		if (dice(job, 2))
			ret = sys(ioctl(t->dev.fd, VFIO_DEVICE_RESET));
		else
			vfio_config_write(&t->dev, exp + PCI_EXP_DEVCTL, 2,
					  PCI_EXP_DEVCTL_BCR_FLR);
		pthread_mutex_unlock(&t->power);
		if (ret && ret != -EAGAIN)
			wrong("%s: reset: %d", t->name, ret);
		shared->resets += !ret;
		usleep(dice(job, 50000));
	}
}

static int group_of(struct target *t)
{
	int id = pci_iommu_group(t->dev.bdf);

	for (unsigned int i = 0; i < shared->iommu.ngroups; i++)
		if (shared->iommu.group[i].id == id)
			return shared->iommu.group[i].fd;
	return -1;
}

/* Hot reset of both functions in the slot; EBUSY if another thread is using one of them. */
static void run_hot_resetter(struct job *job)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd;
	} arg = { { .argsz = sizeof(arg), .count = 1 }, group_of(job->target) };

	while (!shared->stop) {
		int ret = sys(ioctl(shared->target[PAIR0 + dice(job, 2)].dev.fd,
				    VFIO_DEVICE_PCI_HOT_RESET, &arg));

		if (ret && ret != -EBUSY && ret != -EAGAIN)
			wrong("hot reset: %d", ret);
		shared->hot_resets += !ret;
		usleep(dice(job, 50000));
	}
}

/* A device of its own, opened and closed, bound and unbound. */
static void run_opener(struct job *job)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	bool unmap_first;
	void *bar;

	if (pci_find(&pci_testdev, 0, bdf))
		return;
	while (!shared->stop) {
		if (!shared->binds || !dice(job, 4)) {
			if (pci_unbind(bdf))
				wrong("testdev: cannot be unbound");
			shared->binds++;
		}
		if (vfio_open(&dev, NULL, bdf)) {
			wrong("testdev: cannot be opened");
			break;
		}
		bar = vfio_mmap(&dev, 2, 0, 512 * PAGE, PROT_READ);
		if (bar == MAP_FAILED || !try_read32(bar, NULL))
			wrong("testdev: BAR 2 cannot be read");
		/* A mapping keeps the device open. */
		unmap_first = dice(job, 2);
		if (unmap_first)
			munmap(bar, 512 * PAGE);
		vfio_close(&dev);
		if (!unmap_first)
			munmap(bar, 512 * PAGE);
		shared->opens++;
	}
}

/* Directory in sysfs of the hot-pluggable slot, and the address of what is in it. */
static bool find_slot(char *slot, size_t len, char bdf[BDF_LEN])
{
	char port[] = "/sys/bus/pci/devices/0000:00:12.0/secondary_bus_number", text[64];
	unsigned int bus = 0;
	bool found = false;
	glob_t slots;
	FILE *file = fopen(port, "r");

	if (!file)
		return false;
	if (fscanf(file, "%u", &bus) != 1)
		bus = 0;
	fclose(file);
	snprintf(bdf, BDF_LEN, "0000:%02x:00.0", bus);
	if (glob("/sys/bus/pci/slots/*/address", 0, NULL, &slots))
		return false;
	for (size_t i = 0; i < slots.gl_pathc && !found; i++) {
		file = fopen(slots.gl_pathv[i], "r");
		found = file && fgets(text, sizeof(text), file) && !strncmp(text, bdf, 10);
		if (file)
			fclose(file);
		snprintf(slot, len, "%.*s", (int)(strlen(slots.gl_pathv[i]) - strlen("/address")),
			 slots.gl_pathv[i]);
	}
	globfree(&slots);
	return found;
}

/* The slot's power goes off while the device is in use; the user hears of it and lets go. */
static void use_and_unplug(struct job *job, const char *power, const char *bdf)
{
	int request = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), status = -1;
	struct vfio_dev dev;
	pid_t pid;
	char *map;

	if (vfio_open(&dev, NULL, bdf)) {
		wrong("%s: cannot be opened in its slot", bdf);
		return;
	}
	map = vfio_mmap(&dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
	if (vfio_set_eventfds(&dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &request) || map == MAP_FAILED ||
	    edu_look(map) != EDU_ALIVE)
		wrong("%s: not usable in its slot", bdf);
	pid = fork();
	if (!pid) {
		/* Its copy of the mapping and of the files would keep the device open. */
		munmap(map, EDU_BAR_SIZE);
		vfio_close(&dev);
		_exit(write_file(power, "0") ? 1 : 0);
	}
	if (dice(job, 4) && !eventfd_wait(request, 20000 * test_slowdown(), NULL))
		wrong("%s: nobody asked for the device to be released", bdf);
	if (map != MAP_FAILED && edu_look(map) == EDU_NOISE)
		wrong("%s: went away while it was open", bdf);
	if (dice(job, 2)) {
		vfio_close_device(&dev);
		munmap(map, EDU_BAR_SIZE);
	} else {
		munmap(map, EDU_BAR_SIZE);
		vfio_close_device(&dev);
	}
	waitpid(pid, &status, 0);
	vfio_close(&dev);
	if (status)
		wrong("%s: the slot's power cannot be switched off", bdf);
	close(request);
	shared->unplugs++;
}

static void run_unplugger(struct job *job)
{
	char slot[256], power[300], bdf[BDF_LEN], command[64];

	if (shared->stays_plugged)
		return;
	if (!host_available() || !find_slot(slot, sizeof(slot), bdf)) {
		wrong("no slot to unplug from: run it by make stress");
		return;
	}
	snprintf(power, sizeof(power), "%s/power", slot);
	for (unsigned int i = 0; !shared->stop; i++) {
		snprintf(command, sizeof(command), "device_add edu,id=plug%u,bus=rp3", i);
		if (host_monitor(command, NULL, 0) ||
		    !pci_bind_new(bdf, vfio_driver(), 10000 * test_slowdown())) {
			wrong("%s: nothing usable appeared in the slot", bdf);
			return;
		}
		use_and_unplug(job, power, bdf);
	}
}

static const struct {
	const char *name;
	void (*run)(struct job *job);
	unsigned int target;
} workers[] = {
	{ "maps edu", run_mapper, EDU },
	{ "maps ivshmem", run_mapper, IVSHMEM },
	{ "maps ivshmem as well", run_mapper, IVSHMEM },
	{ "maps nvme", run_mapper, NVME },
	{ "maps one of a pair", run_mapper, PAIR0 },
	{ "maps the other one", run_mapper, PAIR1 },
	{ "reads", run_reader, EDU },
	{ "switches decode of edu", run_toggler, EDU },
	{ "switches decode of ivshmem", run_toggler, IVSHMEM },
	{ "switches decode of nvme", run_toggler, NVME },
	{ "switches decode of a pair", run_toggler, PAIR1 },
	{ "switches power", run_power, NVME },
	{ "resets", run_resetter, NVME },
	{ "resets a pair", run_hot_resetter, PAIR0 },
	{ "raises interrupts", run_raiser, EDU },
	{ "sets up interrupts", run_interrupts, EDU },
	{ "sets up vectors", run_vectors, NVME },
	{ "opens and binds", run_opener, EDU },
	{ "unplugs", run_unplugger, EDU },
};
#define WORKERS (sizeof(workers) / sizeof(*workers))

static void mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(mutex, &attr);
}

static void prepare(struct __test_metadata *_metadata, struct target *t)
{
	struct vfio_region_info info;
	char bdf[BDF_LEN];
	char *map;

	ASSERT_EQ(0, pci_find(t->id, t->nth, bdf)) TH_LOG("no %s: run it by make stress", t->name);
	ASSERT_EQ(0, vfio_open(&t->dev, &shared->iommu, bdf));
	ASSERT_EQ(0, vfio_region(&t->dev, t->bar, &info));
	t->size = info.size < MAX_WINDOW ? info.size : MAX_WINDOW;
	vfio_set_command(&t->dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	map = vfio_mmap(&t->dev, t->bar, 0, t->size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t at = 0; t->memory && at < t->size; at += PAGE)
		*(volatile uint32_t *)(map + at) = MARK + at / PAGE;
	t->want = *(volatile uint32_t *)(map + t->offset);
	munmap(map, t->size);
	mutex_init(&t->gate);
	mutex_init(&t->power);
}

static bool all_ended(pid_t pids[WORKERS], unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned int left;
	int status;

	do {
		left = 0;
		for (unsigned int i = 0; i < WORKERS; i++) {
			if (pids[i] && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
				pids[i] = 0;
				if (status)
					wrong("worker \"%s\" died: status %#x", workers[i].name,
					      status);
			}
			left += !!pids[i];
		}
		usleep(10000);
	} while (left && time(NULL) < end);
	return !left;
}

/* For its time limit. */
FIXTURE(stress)
{
};

FIXTURE_SETUP(stress)
{
}

FIXTURE_TEARDOWN(stress)
{
}

TEST_F_TIMEOUT(stress, everything_at_once, 24 * 3600)
{
	static const struct target targets[TARGETS] = {
		[EDU] = { .name = "edu", .id = &pci_edu },
		[IVSHMEM] = { .name = "ivshmem", .id = &pci_ivshmem, .bar = 2, .memory = true },
		[NVME] = { .name = "nvme", .id = &pci_nvme, .offset = NVME_VS },
		[PAIR0] = { .name = "pair 0", .id = &pci_edu, .nth = 2 },
		[PAIR1] = { .name = "pair 1", .id = &pci_edu, .nth = 3 },
	};
	time_t end, now, start = time(NULL);
	pid_t pids[WORKERS];
	unsigned int seed;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	ASSERT_NE(MAP_FAILED, shared);
	ASSERT_EQ(0, vfio_iommu_open(&shared->iommu));
	memcpy(shared->target, targets, sizeof(targets));
	/* The pair is one group: both have the driver before one is opened. */
	for (int i = 0; i < TARGETS; i++) {
		char bdf[BDF_LEN];

		if (!pci_find(targets[i].id, targets[i].nth, bdf))
			pci_bind(bdf, vfio_driver());
	}
	for (int i = 0; i < TARGETS; i++)
		prepare(_metadata, &shared->target[i]);

	shared->stays_plugged = !access("/proc/lockdep_stats", F_OK);
	if (shared->stays_plugged)
		printf("# no unplugging under lockdep: use a kernel of a distribution\n");
	seed = test_seed();
	fflush(stdout);
	for (unsigned int i = 0; i < WORKERS; i++) {
		struct job job = { &shared->target[workers[i].target], seed + 1000 * i };

		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i]) {
			workers[i].run(&job);
			fflush(stdout);
			_exit(0);
		}
	}
	/* A busy host may need longer for one deed of each kind. */
	end = start + atoi(getenv("STRESS_SECONDS") ?: "60");
	do {
		sleep(1);
		now = time(NULL);
		if ((now - start) % 10 == 0)
			printf("# %ld s\n", (long)(now - start));
	} while (!shared->stop &&
		 (now < end || (now < end + 60 * test_slowdown() && something_missing())));
	shared->stop = true;
	if (!all_ended(pids, 60 * test_slowdown()))
		for (unsigned int i = 0; i < WORKERS; i++)
			if (pids[i])
				wrong("worker \"%s\" does not end", workers[i].name);

	for (int i = 0; i < TARGETS; i++) {
		struct target *t = &shared->target[i];

		printf("# %-8s %lu accesses worked, %lu were refused, %lu mappings\n", t->name,
		       t->good, t->refused, t->mappings);
		EXPECT_LT(0, t->good) TH_LOG("%s was never reached", t->name);
		EXPECT_LT(0, t->mappings);
		if (i != PAIR0) {
			EXPECT_LT(0, t->refused) TH_LOG("%s was always in reach", t->name);
		}
	}
	for (unsigned int i = 0; i < DEEDS - shared->stays_plugged; i++) {
		printf("# %-10s %lu\n", deeds[i].name, deed(i));
		EXPECT_LT(0, deed(i)) TH_LOG("no %s at all", deeds[i].name);
	}
	EXPECT_EQ(0, shared->wrong);
}

TEST_HARNESS_MAIN
