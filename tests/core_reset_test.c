// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets: of one function, by the FLR bit in config space, of all that a bus reset reaches, and
 * those that the administrator makes through sysfs while the device is open.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"

#define NVME_INTMS 0x0c /* interrupt mask: writing sets bits, a reset clears all */
#define MASK_MARK  0x5a

/* Enough writers that one is always in the middle of an access. */
#define WRITERS 4
#define READERS 4

FIXTURE(nvme)
{
	struct vfio_dev dev;
	char *bar;
};

FIXTURE_SETUP(nvme)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	self->bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	ASSERT_TRUE(try_write32(self->bar + NVME_INTMS, MASK_MARK));
	ASSERT_EQ(MASK_MARK, edu_read(self->bar, NVME_INTMS));
}

FIXTURE_TEARDOWN(nvme)
{
	vfio_close(&self->dev);
}

static bool can_reset(struct vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info) &&
	       (info.flags & VFIO_DEVICE_FLAGS_RESET);
}

TEST_F(nvme, reset)
{
	uint16_t command;

	ASSERT_TRUE(can_reset(&self->dev));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	command = vfio_config_read(&self->dev, PCI_COMMAND, 2);
	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	/*
	 * Memory decode is restored, so the mapping works again; the device's registers are reset.
	 */
	EXPECT_EQ(command, vfio_config_read(&self->dev, PCI_COMMAND, 2));
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
	ASSERT_TRUE(try_write32(self->bar + NVME_INTMS, MASK_MARK));
	EXPECT_EQ(MASK_MARK, edu_read(self->bar, NVME_INTMS));
}

TEST_F(nvme, reset_zaps)
{
	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	ASSERT_EQ(PAGE, pt_lookup(self->bar).size);
	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(0, pt_lookup(self->bar).size);
	EXPECT_TRUE(try_read32(self->bar, NULL));
}

TEST_F(nvme, reset_while_decode_is_off)
{
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_TRUE(try_read32(self->bar, NULL));
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
}

TEST_F(nvme, flr_by_config_space)
{
	unsigned int exp = vfio_find_cap(&self->dev, PCI_CAP_ID_EXP);
	uint16_t control;

	ASSERT_NE(0, exp);
	ASSERT_TRUE(vfio_config_read(&self->dev, exp + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	control = vfio_config_read(&self->dev, exp + PCI_EXP_DEVCTL, 2);
	vfio_config_write(&self->dev, exp + PCI_EXP_DEVCTL, 2, control | PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_FALSE(vfio_config_read(&self->dev, exp + PCI_EXP_DEVCTL, 2) &
		     PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
}

/*
 * Reset by sysfs: no access reaches the device during the reset, and accesses work again
 * afterwards.
 */
TEST_F(nvme, reset_by_the_administrator)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver does not hear of others' resets: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_EQ(0, pci_write_attr(self->dev.bdf, "reset", "1"));
	if (pt_available())
		EXPECT_EQ(0, pt_lookup(self->bar).size);
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
	ASSERT_TRUE(try_write32(self->bar + NVME_INTMS, MASK_MARK));
	EXPECT_EQ(MASK_MARK, edu_read(self->bar, NVME_INTMS));
}

struct toggler {
	struct vfio_dev *dev;
	atomic_bool stop;
};

static void *toggle_decode(void *arg)
{
	struct toggler *toggler = arg;

	while (!toggler->stop) {
		vfio_set_command(toggler->dev, PCI_COMMAND_MEMORY, 0);
		vfio_set_command(toggler->dev, 0, PCI_COMMAND_MEMORY);
	}
	return NULL;
}

/* Goes to the hardware, and has nothing to do with memory. */
static void *write_latency_timer(void *arg)
{
	struct toggler *toggler = arg;

	while (!toggler->stop)
		vfio_config_write(toggler->dev, PCI_LATENCY_TIMER, 1, 0);
	return NULL;
}

/*
 * A reset by sysfs blocks user accesses to config space, then waits for those in progress. An
 * access in progress must not wait for one that is blocked.
 */
TEST_F(nvme, reset_by_the_administrator_waits_for_config_writes)
{
	struct toggler toggler = { .dev = &self->dev };
	pthread_t thread[2 * WRITERS];

	for (int i = 0; i < 2 * WRITERS; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    i % 2 ? toggle_decode : write_latency_timer,
					    &toggler));
	}
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(0, pci_write_attr(self->dev.bdf, "reset", "1"));
	}
	toggler.stop = true;
	for (int i = 0; i < 2 * WRITERS; i++)
		pthread_join(thread[i], NULL);
	EXPECT_TRUE(try_read32(self->bar, NULL));
}

struct resetter {
	struct vfio_dev *dev;
	int ret;
	atomic_bool done;
};

static void *reset_by_ioctl(void *arg)
{
	struct resetter *resetter = arg;

	resetter->ret = sys(ioctl(resetter->dev->fd, VFIO_DEVICE_RESET));
	atomic_store(&resetter->done, true);
	return NULL;
}

static void *reset_by_sysfs(void *arg)
{
	struct resetter *resetter = arg;

	resetter->ret = pci_write_attr(resetter->dev->bdf, "reset", "1");
	atomic_store(&resetter->done, true);
	return NULL;
}

/* Kills a task that faults during a reset.  True if it was gone before the reset was over. */
static bool killed_in_time(struct vfio_dev *dev, void *bar, void *(*reset)(void *arg))
{
	/* FLR takes 100 ms; on a busy host more than what is left may pass before we look. */
	for (int round = 0; round < 10; round++) {
		struct resetter resetter = { .dev = dev };
		pthread_t thread;
		pid_t child = fork();
		bool late;

		if (!child)
			for (;;)
				try_read32(bar, NULL);
		if (pthread_create(&thread, NULL, reset, &resetter))
			return false;
		usleep(30000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		late = atomic_load(&resetter.done);
		pthread_join(thread, NULL);
		if (resetter.ret)
			return false;
		if (!late)
			return true;
	}
	return false;
}

TEST_F(nvme, killed_during_a_reset)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "faults of the kernel's own driver wait without end: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	EXPECT_TRUE(killed_in_time(&self->dev, self->bar, reset_by_ioctl));
	EXPECT_TRUE(killed_in_time(&self->dev, self->bar, reset_by_sysfs));
}

/* A device is new for each user. */
TEST_F(nvme, reset_at_open)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	munmap(self->bar, PAGE);
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open(&self->dev, NULL, bdf));
	self->bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, self->bar);
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
}

TEST_F(edu, a_device_without_reset)
{
	if (can_reset(&self->dev))
		SKIP(return, "this edu can be reset");
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
}

/* The administrator decides, at any time, how a device is reset, and whether at all. */
TEST_F(nvme, reset_follows_the_methods)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver asks once, at open: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_EQ(0, pci_write_attr(self->dev.bdf, "reset_method", "\n"));
	EXPECT_FALSE(can_reset(&self->dev));
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(MASK_MARK, edu_read(self->bar, NVME_INTMS));
	ASSERT_EQ(0, pci_write_attr(self->dev.bdf, "reset_method", "default"));
	EXPECT_TRUE(can_reset(&self->dev));
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(0, edu_read(self->bar, NVME_INTMS));
}

static int hot_reset(struct vfio_dev *dev, const int *groups, unsigned int count)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fds[8];
	} buf = { .reset.argsz = sizeof(buf.reset) + count * sizeof(int), .reset.count = count };

	memcpy(buf.reset.group_fds, groups, count * sizeof(int));
	return sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &buf));
}

/* On the root bus there is no bridge whose reset would reach the device alone. */
TEST_F(edu, no_hot_reset_on_the_root_bus)
{
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };
	int group = 0;

	EXPECT_EQ(-ENODEV, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info)));
	EXPECT_EQ(-ENODEV, hot_reset(&self->dev, &group, self->dev.iommu->ngroups));
}

/* Two functions in one slot behind a root port. */
FIXTURE(pair)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	void *bar[2];
};

FIXTURE_SETUP(pair)
{
	char bdf[2][BDF_LEN];

	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	ASSERT_EQ(0, pci_bind(bdf[0], vfio_driver()));
	ASSERT_EQ(0, pci_bind(bdf[1], vfio_driver()));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vfio_open(&self->dev[i], &self->iommu, bdf[i]));
		self->bar[i] = vfio_mmap(&self->dev[i], 0, 0, PAGE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, self->bar[i]);
	}
}

FIXTURE_TEARDOWN(pair)
{
	for (int i = 0; i < 2; i++)
		vfio_close(&self->dev[i]);
	vfio_iommu_close(&self->iommu);
}

TEST_F(pair, hot_reset_info)
{
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[4];
	} buf = { .info.argsz = sizeof(buf.info) };

	EXPECT_EQ(-ENOSPC, sys(ioctl(self->dev[0].fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &buf)));
	EXPECT_EQ(2, buf.info.count);
	buf.info.argsz = sizeof(buf);
	ASSERT_EQ(0, sys(ioctl(self->dev[0].fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &buf)));
	ASSERT_EQ(2, buf.info.count);
	for (int i = 0; i < 2; i++) {
		char bdf[BDF_LEN];

		snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%u", buf.devices[i].segment,
			 buf.devices[i].bus, buf.devices[i].devfn >> 3, buf.devices[i].devfn & 7);
		/* In the order of the bus: one that was removed and found again is last. */
		EXPECT_STREQ(self->dev[buf.devices[i].devfn & 7].bdf, bdf);
		if (!self->iommu.iommufd)
			EXPECT_EQ(pci_iommu_group(bdf), buf.devices[i].group_id);
	}
	for (uint32_t size = 0; size < sizeof(buf.info); size++) {
		buf.info.argsz = size;
		EXPECT_EQ(-EINVAL,
			  sys(ioctl(self->dev[0].fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &buf)))
		TH_LOG("argsz %u", size);
	}
}

/* All groups there are; or none with iommufd, where the files' own context is the proof. */
static int hot_reset_set(struct vfio_dev *dev)
{
	int groups[VFIO_MAX_GROUPS];

	for (unsigned int i = 0; i < dev->iommu->ngroups; i++)
		groups[i] = dev->iommu->group[i].fd;
	return hot_reset(dev, groups, dev->iommu->ngroups);
}

TEST_F(pair, hot_reset)
{
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[i], EDU_ID));
	}
	ASSERT_EQ(0, hot_reset_set(&self->dev[0]));
	for (int i = 0; i < 2; i++) {
		if (pt_available()) {
			EXPECT_EQ(0, pt_lookup(self->bar[i]).size) TH_LOG("function %d", i);
		}
		EXPECT_TRUE(vfio_config_read(&self->dev[i], PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[i], EDU_ID)) TH_LOG("function %d", i);
	}
	/* again, asked of the other function */
	ASSERT_EQ(0, hot_reset_set(&self->dev[1]));
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[0], EDU_ID));
}

struct reader {
	struct vfio_dev *dev;
	atomic_bool stop;
	pthread_t thread[READERS];
};

static void *keep_reading(void *arg)
{
	static char sink[READERS][0x10000];
	static atomic_uint slot;
	char *buf = sink[slot++ % READERS];
	struct reader *reader = arg;

	while (!reader->stop)
		pread(reader->dev->fd, buf, sizeof(*sink), VFIO_REGION_OFFSET(0));
	return NULL;
}

/* Waiting for the second device's lock with the first one's held could deadlock: it gives up. */
TEST_F_TIMEOUT(pair, hot_reset_contended, 120)
{
	struct reader reader = { .dev = &self->dev[1] };
	unsigned int refused = 0;
	int ret;

	for (int i = 0; i < READERS; i++) {
		ASSERT_EQ(0, pthread_create(&reader.thread[i], NULL, keep_reading, &reader));
	}
	for (int try = 0; try < 100 && !refused; try++) {
		ret = hot_reset_set(&self->dev[0]);
		refused += ret == -EBUSY;
		if (ret != -EBUSY)
			EXPECT_EQ(0, ret);
		/* The locks that it had already taken are released. */
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[0], EDU_ID)) TH_LOG("try %d", try);
		EXPECT_TRUE(vfio_config_read(&self->dev[0], PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
	}
	reader.stop = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(reader.thread[i], NULL);
	EXPECT_LT(0, refused);
	EXPECT_EQ(0, hot_reset_set(&self->dev[0]));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[i], EDU_ID)) TH_LOG("function %d", i);
	}
}

TEST_F(pair, bus_reset_by_the_administrator)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver does not hear of others' resets: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[i], EDU_ID));
	}
	ASSERT_EQ(0, pci_write_attr(self->dev[0].bdf, "../reset_subordinate", "1"));
	for (int i = 0; i < 2; i++) {
		if (pt_available()) {
			EXPECT_EQ(0, pt_lookup(self->bar[i]).size) TH_LOG("function %d", i);
		}
		EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar[i], EDU_ID)) TH_LOG("function %d", i);
	}
}

TEST_F(pair, hot_reset_wrong_calls)
{
	int fds[2] = { -1, -1 };

	if (self->iommu.iommufd)
		SKIP(return, "groups are what proves ownership here: unset VFIO_IOMMU");
	EXPECT_EQ(-EBADF, hot_reset(&self->dev[0], fds, 1));
	fds[0] = self->dev[0].fd; /* a file, but no group */
	EXPECT_EQ(-EINVAL, hot_reset(&self->dev[0], fds, 1));
	fds[0] = self->iommu.group[0].fd;
	fds[1] = fds[0];
	/*
	 * Passing one group twice proves ownership of both functions; without an IOMMU each
	 * function has a group of its own.
	 */
	EXPECT_EQ(self->iommu.noiommu ? -EINVAL : 0, hot_reset(&self->dev[0], fds, 2));
	EXPECT_EQ(-EINVAL, hot_reset(&self->dev[0], fds, 0));
}

TEST_HARNESS_MAIN
