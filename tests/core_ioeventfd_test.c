// SPDX-License-Identifier: GPL-2.0-only
/* ioeventfds: what is written when an eventfd is signalled, where, and when it must not be. */
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"

#define ROUNDS 5

static int new_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/* @fd -1 removes the ioeventfd, and waits for a write in progress. */
static int ioeventfd(struct vfio_dev *dev, unsigned int bar, uint64_t at, unsigned int width,
		     uint64_t data, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = width,
		.offset = VFIO_REGION_OFFSET(bar) + at,
		.data = data,
		.fd = fd,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg));
}

static void ring(int fd)
{
	if (eventfd_write(fd, 1))
		abort();
}

#define DATA  0x1122334455667788
#define PLACE 64

/* Ordinary memory behind a BAR. */
FIXTURE(memory)
{
	struct vfio_dev dev;
	uint64_t *bar;
	int fd;
};

FIXTURE_SETUP(memory)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->bar = vfio_mmap(&self->dev, 2, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	for (unsigned int i = 0; i < PAGE / sizeof(*self->bar); i++)
		self->bar[i] = 0;
	self->fd = new_eventfd();
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

TEST_F(memory, each_width)
{
	for (unsigned int width = 1; width <= 8; width *= 2) {
		const uint64_t mask = width == 8 ? UINT64_MAX : (1ULL << 8 * width) - 1;
		const uint64_t at = PLACE + 8 - width;
		volatile uint64_t *word = self->bar + PLACE / 8;

		*word = 0;
		ASSERT_EQ(0, ioeventfd(&self->dev, 2, at, width, DATA, self->fd));
		EXPECT_EQ(0, *word);
		ring(self->fd);
		EXPECT_EQ((DATA & mask) << 8 * (8 - width), *word) TH_LOG("width %u", width);
		EXPECT_EQ(0, word[-1] | word[1]);
		*word = 0;
		ASSERT_EQ(0, ioeventfd(&self->dev, 2, at, width, DATA, -1));
		ring(self->fd);
		EXPECT_EQ(0, *word);
		/* Consume the signal: no ioeventfd did, and the next wait would return it. */
		ASSERT_TRUE(eventfd_wait(self->fd, 0, NULL));
	}
}

TEST_F(memory, several_of_one_eventfd)
{
	for (unsigned int i = 0; i < 4; i++) {
		ASSERT_EQ(0, ioeventfd(&self->dev, 2, 8 * i, 8, i + 1, self->fd));
	}
	/* same offset, different value: a separate ioeventfd */
	ASSERT_EQ(0, ioeventfd(&self->dev, 2, 0, 8, 1000, new_eventfd()));
	ring(self->fd);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(i + 1, self->bar[i]);
	}
	ASSERT_EQ(0, ioeventfd(&self->dev, 2, 8, 8, 2, -1));
	memset(self->bar, 0, 32);
	ring(self->fd);
	EXPECT_EQ(1, self->bar[0]);
	EXPECT_EQ(0, self->bar[1]);
	EXPECT_EQ(3, self->bar[2]);
}

TEST_F(memory, not_while_decode_is_off)
{
	ASSERT_EQ(0, ioeventfd(&self->dev, 2, PLACE, 8, DATA, self->fd));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	ring(self->fd);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(0, self->bar[PLACE / 8]);
	ring(self->fd);
	EXPECT_EQ(DATA, self->bar[PLACE / 8]);
}

/* Offsets outside every region, or in a region that is not a BAR. */
TEST_F(memory, places_that_are_none)
{
	static const uint64_t bars[] = { 1 << 23, (1 << 23) + 2, 0xffffff, 6, 7, 8, 9, 1 << 22 };

	if (!vfio_follows_newest())
		SKIP(return, "the kernel's driver reads beyond an array here: use KERNEL=lab-7");
	for (size_t i = 0; i < sizeof(bars) / sizeof(*bars); i++) {
		EXPECT_EQ(-EINVAL, ioeventfd(&self->dev, bars[i], 0, 4, 0, self->fd))
		TH_LOG("region %#llx", (unsigned long long)bars[i]);
	}
	EXPECT_EQ(-EINVAL, ioeventfd(&self->dev, 2, VFIO_REGION_OFFSET(1) - 4, 4, 0, self->fd));
}

/* Register ioeventfds up to the limit; close must release all of them. */
TEST_F(memory, a_thousand)
{
	unsigned int n = 0;
	int err;

	do {
		err = ioeventfd(&self->dev, 2, PLACE, 8, n, self->fd);
	} while (!err && ++n <= 1000);
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_EQ(1000, n);
	ASSERT_EQ(0, ioeventfd(&self->dev, 2, PLACE, 8, 500, -1));
	EXPECT_EQ(0, ioeventfd(&self->dev, 2, PLACE, 8, DATA, self->fd));
}

TEST(io_ports)
{
	uint64_t base = VFIO_REGION_OFFSET(2);
	int fd = new_eventfd();
	struct vfio_dev dev;
	uint32_t value = 0;

	/* e1000e's I/O BAR: the number of a register, and its content. */
	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	vfio_set_command(&dev, PCI_COMMAND_MEMORY, PCI_COMMAND_IO);
	ASSERT_EQ(4, pwrite(dev.fd, &value, 4, base));
	ASSERT_EQ(0, ioeventfd(&dev, 2, 0, 4, 0x5400, fd));
	ring(fd);
	ASSERT_EQ(4, pread(dev.fd, &value, 4, base));
	EXPECT_EQ(0x5400, value);
	vfio_close(&dev);
}

#define NVME_INTMS 0x0c /* interrupt mask: writing sets bits, a reset clears all */
#define NVME_INTMC 0x10 /* the same: writing clears bits */
#define MARK	   0x5a

FIXTURE(nvme)
{
	struct vfio_dev dev;
	int fd;
};

FIXTURE_SETUP(nvme)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	if (!vfio_find_cap(&self->dev, PCI_CAP_ID_PM))
		SKIP(return, "this nvme has no power management: use QEMU 7.1 or newer");
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->fd = new_eventfd();
	ASSERT_EQ(0, ioeventfd(&self->dev, 0, NVME_INTMS, 4, MARK, self->fd));
}

FIXTURE_TEARDOWN(nvme)
{
	vfio_close(&self->dev);
}

/* What is there, without the mark afterwards. */
static uint32_t mark(struct vfio_dev *dev)
{
	uint32_t value = 0, all = UINT32_MAX;

	pread(dev->fd, &value, 4, NVME_INTMS);
	pwrite(dev->fd, &all, 4, NVME_INTMC);
	return value;
}

static void *reset(void *dev)
{
	return (void *)(long)sys(ioctl(((struct vfio_dev *)dev)->fd, VFIO_DEVICE_RESET));
}

/* FLR takes 100 ms: a signal during the FLR defers the write to a work queue. */
static void ring_during_a_reset(struct __test_metadata *_metadata, struct vfio_dev *dev, int fd)
{
	pthread_t thread;
	void *err;

	ASSERT_EQ(0, pthread_create(&thread, NULL, reset, dev));
	usleep(30000);
	ring(fd);
	ASSERT_EQ(0, pthread_join(thread, &err));
	ASSERT_NULL(err);
	/* This waits for the work. */
	ASSERT_EQ(0, ioeventfd(dev, 0, NVME_INTMS, 4, MARK, -1));
	ASSERT_EQ(0, ioeventfd(dev, 0, NVME_INTMS, 4, MARK, fd));
}

TEST_F(nvme, after_a_reset)
{
	unsigned int late = 0;

	ring(self->fd);
	EXPECT_EQ(MARK, mark(&self->dev));
	EXPECT_EQ(0, mark(&self->dev));
	for (int i = 0; i < ROUNDS; i++) {
		ring_during_a_reset(_metadata, &self->dev, self->fd);
		late += mark(&self->dev) == MARK;
	}
	/* On a busy host the reset may be over, or not begun, when we signal. */
	EXPECT_LT(0, late);
}

static int low_power(struct vfio_dev *dev, uint32_t feature)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg));
}

/* In low power an ioeventfd writes neither directly nor deferred; only read() and write() work. */
TEST_F(nvme, not_in_low_power)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver looks at decode alone: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	ASSERT_EQ(0, low_power(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	ring(self->fd);
	for (int i = 0; i < ROUNDS; i++) {
		ring_during_a_reset(_metadata, &self->dev, self->fd);
		EXPECT_EQ(0, mark(&self->dev)) TH_LOG("round %d", i);
	}
	ASSERT_EQ(0, low_power(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(0, mark(&self->dev));
	ring(self->fd);
	EXPECT_EQ(MARK, mark(&self->dev));
}

TEST_F(nvme, not_in_d3hot)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);

	vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3);
	ring(self->fd);
	vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 0);
	EXPECT_EQ(0, mark(&self->dev));
	ring(self->fd);
	EXPECT_EQ(MARK, mark(&self->dev));
}

TEST_HARNESS_MAIN
