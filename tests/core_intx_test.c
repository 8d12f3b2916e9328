// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hard cases of INTx: a line that is masked at the interrupt controller, and resets that race with
 * masking and unmasking.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"

#define INTX  VFIO_PCI_INTX_IRQ_INDEX

static int new_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static int set_none(struct vfio_dev *dev, uint32_t action)
{
	return vfio_set_irqs(dev, INTX, VFIO_IRQ_SET_DATA_NONE | action, 0, 1, NULL, 0);
}

/* As if DisINTx did not work: the line is exclusive, and masked at the interrupt controller. */
FIXTURE(exclusive)
{
	struct vfio_dev dev;
	void *bar;
	int event;
};

FIXTURE_SETUP(exclusive)
{
	if (strcmp(vfio_driver(), "vfio-pci-sdk"))
		SKIP(return, "the driver is loaded with other parameters: unset VFIO_DRIVER");
	ASSERT_EQ(0, module_load("vfio-pci-sdk", "nointxmask=1"));
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	edu_write(self->bar, EDU_IRQ_ACK, UINT32_MAX);
	self->event = new_eventfd();
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &self->event));
}

FIXTURE_TEARDOWN(exclusive)
{
	if (!self->dev.iommu)
		return;
	if (self->bar) {
		edu_write(self->bar, EDU_IRQ_ACK, UINT32_MAX);
		munmap(self->bar, EDU_BAR_SIZE);
	}
	vfio_close(&self->dev);
	EXPECT_EQ(0, module_load("vfio-pci-sdk", ""));
}

TEST_F(exclusive, masked_by_its_handler)
{
	uint64_t count;

	/* DisINTx does not mask, and is not touched. */
	for (int i = 0; i < 3; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(self->event, SOON, &count)) TH_LOG("round %d", i);
		EXPECT_EQ(1, count);
		EXPECT_FALSE(eventfd_wait(self->event, NEVER, NULL));
		ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
		ASSERT_TRUE(eventfd_wait(self->event, SOON, NULL));
		edu_write(self->bar, EDU_IRQ_ACK, 1);
		ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
		EXPECT_FALSE(eventfd_wait(self->event, NEVER, NULL));
	}
}

TEST_F(exclusive, masked_by_the_user)
{
	ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_MASK));
	ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_MASK));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(self->event, NEVER, NULL));
	/* Masks do not nest. */
	ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
	EXPECT_TRUE(eventfd_wait(self->event, SOON, NULL));
	/* Masked as it arrived; the user's DisINTx keeps it so. */
	vfio_set_command(&self->dev, 0, PCI_COMMAND_INTX_DISABLE);
	ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
	EXPECT_FALSE(eventfd_wait(self->event, NEVER, NULL));
	vfio_set_command(&self->dev, PCI_COMMAND_INTX_DISABLE, 0);
	EXPECT_TRUE(eventfd_wait(self->event, SOON, NULL));
}

TEST_F(exclusive, unmasked_by_eventfd)
{
	uint64_t one = 1;
	int unmask = new_eventfd();

	ASSERT_EQ(0, vfio_set_irqs(&self->dev, INTX,
				   VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1,
				   &unmask, sizeof(unmask)));
	for (int i = 0; i < 3; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(self->event, SOON, NULL));
		edu_write(self->bar, EDU_IRQ_ACK, 1);
		ASSERT_EQ(8, write(unmask, &one, sizeof(one)));
	}
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, INTX));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(self->event, NEVER, NULL));
}

/*
 * A reset restores COMMAND as it was before the reset. That must not undo an unmask, or the
 * handler's mask, that happened during the reset.
 */
#define E1000E_ICR   0xc0
#define E1000E_ICS   0xc8
#define E1000E_IMS   0xd0
#define E1000E_CAUSE (1 << 2) /* link status change */

static void *reset(void *dev)
{
	return (void *)(long)sys(ioctl(((struct vfio_dev *)dev)->fd, VFIO_DEVICE_RESET));
}

static bool interrupts(struct vfio_dev *dev, int event)
{
	uint32_t cause = E1000E_CAUSE, ack;
	bool seen;

	pwrite(dev->fd, &cause, 4, E1000E_IMS);
	pwrite(dev->fd, &cause, 4, E1000E_ICS);
	seen = eventfd_wait(event, SOON, NULL);
	pread(dev->fd, &ack, 4, E1000E_ICR);
	return seen;
}

TEST(unmasked_during_a_reset)
{
	int event = new_eventfd();
	struct vfio_device_info info = {.argsz = sizeof(info)};
	struct vfio_dev dev;
	pthread_t thread;
	void *err;

	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	ASSERT_EQ(0, ioctl(dev.fd, VFIO_DEVICE_GET_INFO, &info));
	if (!(info.flags & VFIO_DEVICE_FLAGS_RESET))
		SKIP(return, "this e1000e cannot be reset");
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's driver loses the interrupt");
	ASSERT_EQ(0, vfio_set_eventfds(&dev, INTX, 0, 1, &event));
	ASSERT_TRUE(interrupts(&dev, event));
	ASSERT_EQ(0, set_none(&dev, VFIO_IRQ_SET_ACTION_UNMASK));
	for (unsigned int usec = 0; usec < 20000; usec += 1000) {
		ASSERT_EQ(0, set_none(&dev, VFIO_IRQ_SET_ACTION_MASK));
		ASSERT_EQ(0, pthread_create(&thread, NULL, reset, &dev));
		usleep(usec);
		ASSERT_EQ(0, set_none(&dev, VFIO_IRQ_SET_ACTION_UNMASK));
		ASSERT_EQ(0, pthread_join(thread, &err));
		ASSERT_NULL(err);
		ASSERT_TRUE(interrupts(&dev, event)) TH_LOG("unmasked %u us after the start", usec);
		ASSERT_EQ(0, set_none(&dev, VFIO_IRQ_SET_ACTION_UNMASK));
	}
	vfio_close(&dev);
}

struct rewriter {
	struct vfio_dev *dev;
	uint16_t command;
	atomic_bool stop;
};

static void *rewrite_command(void *arg)
{
	struct rewriter *rewriter = arg;

	while (!rewriter->stop)
		vfio_config_write(rewriter->dev, PCI_COMMAND, 2, rewriter->command);
	return NULL;
}

/* The hardware's, not the one that the user sees. */
static bool line_is_masked(struct vfio_dev *dev)
{
	char path[64];
	uint16_t command = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", dev->bdf);
	fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, &command, 2, PCI_COMMAND) != 2)
		abort();
	close(fd);
	return command & PCI_COMMAND_INTX_DISABLE;
}

/* The handler masks by a bit of COMMAND: a write to that register must not undo it. */
TEST_F(edu, masked_while_the_user_writes_command)
{
	struct rewriter rewriter = { .dev = &self->dev };
	unsigned int lost = 0;
	int event = new_eventfd();
	pthread_t thread;
	time_t end;

	rewriter.command = vfio_config_read(&self->dev, PCI_COMMAND, 2);
	ASSERT_FALSE(rewriter.command & PCI_COMMAND_INTX_DISABLE);
	edu_write(self->bar, EDU_IRQ_ACK, UINT32_MAX);
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &event));
	ASSERT_EQ(0, pthread_create(&thread, NULL, rewrite_command, &rewriter));
	/* A busy emulated CPU may keep the other one from running for 100 ms. */
	end = time(NULL) + 5;
	for (int i = 0; i < 600 && time(NULL) < end; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(event, SOON, NULL)) TH_LOG("round %d", i);
		lost += !line_is_masked(&self->dev);
		edu_write(self->bar, EDU_IRQ_ACK, 1);
		ASSERT_EQ(0, set_none(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
	}
	rewriter.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, lost);
	EXPECT_FALSE(line_is_masked(&self->dev));
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, INTX));
}

TEST_HARNESS_MAIN
