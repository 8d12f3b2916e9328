// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: INTx, MSI and MSI-X of real devices on eventfds, and every wrong way to set them up.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"

#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define MSI  VFIO_PCI_MSI_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD VFIO_IRQ_SET_DATA_EVENTFD
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER

static int new_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/* SET_IRQS without data, or with one 32-bit eventfd. */
static int set_none(struct vfio_dev *dev, unsigned int index, uint32_t flags, unsigned int start,
		    unsigned int count)
{
	return vfio_set_irqs(dev, index, flags | NONE, start, count, NULL, 0);
}

static int set_fd(struct vfio_dev *dev, unsigned int index, uint32_t flags, int fd)
{
	return vfio_set_irqs(dev, index, flags | EVENTFD, 0, 1, &fd, sizeof(fd));
}

static int set_bool(struct vfio_dev *dev, unsigned int index, uint32_t flags, uint8_t value)
{
	return vfio_set_irqs(dev, index, flags | BOOL, 0, 1, &value, sizeof(value));
}

TEST_F(edu, intx)
{
	int fd = new_eventfd();
	uint64_t count;

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	for (int i = 0; i < 3; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(fd, SOON, &count)) TH_LOG("round %d", i);
		/* Masked as it arrived: the line is still up, and there is only one signal. */
		EXPECT_EQ(1, count);
		EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
		/* Unmasked with the line up: it comes again. */
		ASSERT_EQ(0, set_none(&self->dev, INTX, UNMASK, 0, 1));
		ASSERT_TRUE(eventfd_wait(fd, SOON, NULL));
		edu_write(self->bar, EDU_IRQ_ACK, 1);
		ASSERT_EQ(0, set_none(&self->dev, INTX, UNMASK, 0, 1));
		EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	}
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, INTX));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

TEST_F(edu, intx_masked)
{
	int fd = new_eventfd();

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	ASSERT_EQ(0, set_none(&self->dev, INTX, MASK, 0, 1));
	ASSERT_EQ(0, set_none(&self->dev, INTX, MASK, 0, 1)); /* once more changes nothing */
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, INTX, UNMASK, 0)); /* false: not this one */
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, INTX, UNMASK, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

/* A second eventfd unmasks, so that an interrupt needs no system call of the owner. */
TEST_F(edu, intx_unmask_by_eventfd)
{
	int fd = new_eventfd(), unmask = new_eventfd();
	uint64_t one = 1;

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	ASSERT_EQ(0, set_fd(&self->dev, INTX, UNMASK, unmask));
	for (int i = 0; i < 3; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(fd, SOON, NULL));
		edu_write(self->bar, EDU_IRQ_ACK, 1);
		ASSERT_EQ(8, write(unmask, &one, 8));
	}
	/* Taken back: now only the ioctl unmasks. */
	ASSERT_EQ(0, set_fd(&self->dev, INTX, UNMASK, -1));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	ASSERT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(8, write(unmask, &one, 8));
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

/* A new eventfd in place of the old one, and none. */
TEST_F(edu, intx_swapped_eventfd)
{
	int first = new_eventfd(), second = new_eventfd();

	ASSERT_EQ(0, set_fd(&self->dev, INTX, TRIGGER, first));
	ASSERT_EQ(0, set_fd(&self->dev, INTX, TRIGGER, second));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_TRUE(eventfd_wait(second, SOON, NULL));
	EXPECT_FALSE(eventfd_wait(first, 0, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
	ASSERT_EQ(0, set_fd(&self->dev, INTX, TRIGGER, -1));
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, INTX));
}

TEST_F(edu, intx_by_software)
{
	int fd = new_eventfd();

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	ASSERT_EQ(0, set_none(&self->dev, INTX, TRIGGER, 0, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, INTX, TRIGGER, 0));
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, INTX, TRIGGER, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
}

/* DisINTx in the device's command register belongs to the driver while INTx is in use. */
TEST_F(edu, intx_disabled_by_command)
{
	int fd = new_eventfd();

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_INTX_DISABLE);
	EXPECT_TRUE(vfio_config_read(&self->dev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	vfio_set_command(&self->dev, PCI_COMMAND_INTX_DISABLE, 0);
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

TEST_F(edu, msi)
{
	int fd = new_eventfd();
	uint64_t count;

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, MSI, 0, 1, &fd));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MASTER);
	for (int i = 0; i < 5; i++) {
		edu_write(self->bar, EDU_IRQ_RAISE, 1);
		ASSERT_TRUE(eventfd_wait(fd, SOON, &count)) TH_LOG("round %d", i);
		EXPECT_EQ(1, count);
		edu_write(self->bar, EDU_IRQ_ACK, 1);
	}
	/* by software */
	ASSERT_EQ(0, set_none(&self->dev, MSI, TRIGGER, 0, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, MSI, TRIGGER, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, MSI, TRIGGER, 0));
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	/* the vector stays, without anyone to tell */
	ASSERT_EQ(0, set_fd(&self->dev, MSI, TRIGGER, -1));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
	ASSERT_EQ(0, set_fd(&self->dev, MSI, TRIGGER, fd));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, MSI));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

/* The file closed with interrupts set up, and opened again: nothing is left over. */
TEST_F(edu, close_with_interrupts)
{
	unsigned int kinds[] = { INTX, MSI };
	int fd = new_eventfd();
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, vfio_set_eventfds(&self->dev, kinds[i % 2], 0, 1, &fd));
		ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
		vfio_close(&self->dev);
		ASSERT_EQ(0, vfio_open(&self->dev, NULL, bdf));
		self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, self->bar);
	}
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_FALSE(eventfd_wait(fd, NEVER, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

TEST_F(edu, one_kind_at_a_time)
{
	int fd = new_eventfd();

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, MSI, 0, 1, &fd));
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, INTX));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, MSI, 0, 1, &fd));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, INTX, 0, 1, &fd));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, MASK, 0, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, TRIGGER, 0, 1));
	/* disabling an index that is not enabled does not affect the enabled one */
	EXPECT_EQ(-EINVAL, vfio_irq_disable(&self->dev, INTX));
	ASSERT_EQ(0, set_none(&self->dev, MSI, TRIGGER, 0, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
}

TEST_F(edu, wrong_calls)
{
	int fd = new_eventfd(), closed = new_eventfd(), fds[2] = { fd, fd };
	struct vfio_irq_set set = { 0 };

	close(closed);
	/* argsz, flags */
	for (set.argsz = 0; set.argsz < sizeof(set); set.argsz++) {
		EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_SET_IRQS, &set)))
	TH_LOG("argsz %u", set.argsz);
	}
	EXPECT_EQ(-EINVAL,
		  vfio_set_irqs(&self->dev, INTX, 1U << 31 | NONE | TRIGGER, 0, 1, NULL, 0));
	EXPECT_EQ(-EINVAL, vfio_set_irqs(&self->dev, INTX, TRIGGER, 0, 1, NULL, 0));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, BOOL | TRIGGER, 0, 1));
	/* no action, or two: no such function */
	EXPECT_EQ(-ENOTTY, vfio_set_irqs(&self->dev, INTX, NONE, 0, 1, NULL, 0));
	EXPECT_EQ(-ENOTTY, set_none(&self->dev, INTX, TRIGGER | MASK, 0, 1));
	/* index, start, count */
	EXPECT_EQ(-EINVAL, set_none(&self->dev, VFIO_PCI_NUM_IRQS, TRIGGER, 0, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, UINT32_MAX, TRIGGER, 0, 1));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, INTX, 0, 2, fds));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, INTX, 1, 1, fds));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, MSI, 0, 2, fds));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, MSI, 1, 1, fds));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, MSIX, 0, 1, fds)); /* edu has none */
	EXPECT_EQ(-EINVAL, set_none(&self->dev, MSI, TRIGGER, UINT32_MAX, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, MSI, TRIGGER, 0, UINT32_MAX));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, MSI, TRIGGER, UINT32_MAX, UINT32_MAX));
	/* data that is shorter than count says */
	EXPECT_EQ(-EINVAL, vfio_set_irqs(&self->dev, INTX, EVENTFD | TRIGGER, 0, 1, NULL, 0));
	EXPECT_EQ(-EINVAL, vfio_set_irqs(&self->dev, INTX, BOOL | TRIGGER, 0, 1, NULL, 0));
	EXPECT_EQ(-EINVAL, vfio_set_irqs(&self->dev, INTX, EVENTFD | TRIGGER, 0, 1, &fd, 2));
	/* nothing set up */
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, MASK, 0, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, UNMASK, 0, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, TRIGGER, 0, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, MSI, TRIGGER, 0, 1));
	EXPECT_EQ(-EINVAL, set_fd(&self->dev, INTX, UNMASK, fd));
	/* what no vfio driver implements */
	EXPECT_EQ(-ENOTTY, set_none(&self->dev, MSI, MASK, 0, 1));
	EXPECT_EQ(-ENOTTY, set_none(&self->dev, MSI, UNMASK, 0, 1));
	/* not an eventfd */
	EXPECT_EQ(-EBADF, set_fd(&self->dev, INTX, TRIGGER, closed));
	EXPECT_EQ(-EINVAL, set_fd(&self->dev, INTX, TRIGGER, self->dev.fd));
	EXPECT_EQ(-EBADF, set_fd(&self->dev, MSI, TRIGGER, closed));
	EXPECT_EQ(-EINVAL, set_fd(&self->dev, MSI, TRIGGER, self->dev.fd));
	/* any negative number means no eventfd: INTx is set up without a trigger */
	EXPECT_EQ(0, set_fd(&self->dev, INTX, TRIGGER, -2));
	EXPECT_EQ(0, vfio_irq_disable(&self->dev, INTX));
	/* and after all that, it works */
	EXPECT_EQ(0, set_fd(&self->dev, MSI, TRIGGER, fd));
	EXPECT_EQ(0, set_none(&self->dev, MSI, TRIGGER, 0, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
}

TEST_F(edu, wrong_calls_while_in_use)
{
	int fd = new_eventfd();

	ASSERT_EQ(0, set_fd(&self->dev, INTX, TRIGGER, fd));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, MASK, 1, 1));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, MASK, 0, 2));
	EXPECT_EQ(-EINVAL, set_none(&self->dev, INTX, MASK, 0, 0));
	EXPECT_EQ(-ENOTTY, set_fd(&self->dev, INTX, MASK, fd));
	EXPECT_EQ(-EBADF, set_fd(&self->dev, INTX, UNMASK, 9999));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

/* REQ and ERR: set an eventfd, and signal it by software. */
TEST_F(edu, request_interrupt)
{
	int fd = new_eventfd();

	EXPECT_EQ(-EINVAL, set_none(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, 0, 1));
	ASSERT_EQ(0, set_fd(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, fd));
	ASSERT_EQ(0, set_none(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, 0, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(0, set_bool(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, 1));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	ASSERT_EQ(0, set_fd(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, -1));
	EXPECT_EQ(-ENOTTY, set_none(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, MASK, 0, 1));
}

/* MSI-X on e1000e, raised by the device: IVAR names the vector of "other" causes, ICS sets one. */
#define E1000E_ICR	     0xc0
#define E1000E_ICS	     0xc8
#define E1000E_IMS	     0xd0
#define E1000E_IMC	     0xd8
#define E1000E_IVAR	     0xe4
#define E1000E_OTHER	     (1 << 24)
#define E1000E_IVAR_OTHER(v) ((0x8 | (v)) << 16)

TEST(msix_from_the_device)
{
	struct vfio_dev dev;
	int fds[3];
	char *bar;

	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 3; i++)
		fds[i] = new_eventfd();
	ASSERT_EQ(0, vfio_set_eventfds(&dev, MSIX, 0, 3, fds));
	vfio_set_command(&dev, 0, PCI_COMMAND_MASTER);
	/*
	 * Clear causes left pending by a previous user: this device cannot be reset alone, and a
	 * cause that is already pending raises no interrupt.
	 */
	edu_write(bar, E1000E_IMC, ~0);
	edu_write(bar, E1000E_ICR, ~0);
	for (int v = 0; v < 3; v++) {
		edu_write(bar, E1000E_IVAR, E1000E_IVAR_OTHER(v));
		edu_write(bar, E1000E_IMS, E1000E_OTHER);
		edu_write(bar, E1000E_ICS, E1000E_OTHER);
		EXPECT_TRUE(eventfd_wait(fds[v], SOON, NULL)) TH_LOG("vector %d", v);
		EXPECT_FALSE(eventfd_wait(fds[(v + 1) % 3], 0, NULL)) TH_LOG("beside %d", v);
		edu_write(bar, E1000E_IMC, E1000E_OTHER);
		edu_write(bar, E1000E_ICR, E1000E_OTHER); /* acknowledges */
		/*
		 * QEMU's timer against interrupt storms, 128 us, repeats what it once held back,
		 * and in 7.2 aborts when MSI-X is off as it ends. In newer QEMUs a link that comes
		 * up is another cause of the same kind.
		 */
		usleep(20000);
		eventfd_wait(fds[v], 0, NULL);
	}
	vfio_close(&dev);
}

TEST(msix_many_vectors)
{
	struct vfio_irq_info info;
	int fds[2048], none = -1;
	struct vfio_dev dev;

	OPEN_OR_SKIP(&dev, NULL, &pci_nvme, 0);
	ASSERT_EQ(0, vfio_irq(&dev, MSIX, &info));
	ASSERT_LT(8, info.count);
	for (unsigned int i = 0; i < info.count; i++)
		fds[i] = new_eventfd();
	ASSERT_EQ(0, vfio_set_eventfds(&dev, MSIX, 0, info.count, fds));
	ASSERT_EQ(0, set_none(&dev, MSIX, TRIGGER, 0, info.count));
	for (unsigned int i = 0; i < info.count; i++) {
		EXPECT_TRUE(eventfd_wait(fds[i], SOON, NULL)) TH_LOG("vector %u", i);
	}
	/* one in the middle taken out and put back */
	ASSERT_EQ(0, vfio_set_eventfds(&dev, MSIX, 3, 1, &none));
	ASSERT_EQ(0, set_none(&dev, MSIX, TRIGGER, 2, 3));
	EXPECT_TRUE(eventfd_wait(fds[2], SOON, NULL));
	EXPECT_FALSE(eventfd_wait(fds[3], 0, NULL));
	EXPECT_TRUE(eventfd_wait(fds[4], SOON, NULL));
	ASSERT_EQ(0, vfio_set_eventfds(&dev, MSIX, 3, 1, &fds[3]));
	ASSERT_EQ(0, set_none(&dev, MSIX, TRIGGER, 3, 1));
	EXPECT_TRUE(eventfd_wait(fds[3], SOON, NULL));
	/* beyond the table */
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&dev, MSIX, info.count, 1, fds));
	EXPECT_EQ(-EINVAL, vfio_set_eventfds(&dev, MSIX, 1, info.count, fds));
	ASSERT_EQ(0, vfio_irq_disable(&dev, MSIX));
	EXPECT_EQ(-EINVAL, set_none(&dev, MSIX, TRIGGER, 0, 1));
	vfio_close(&dev);
}

/* The device sees INTx, then MSI-X, then INTx again. */
TEST(from_one_kind_to_the_other)
{
	unsigned int kinds[] = { INTX, MSIX, MSI, MSIX, INTX };
	struct vfio_dev dev;
	int fd = new_eventfd();

	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		ASSERT_EQ(0, vfio_set_eventfds(&dev, kinds[i], 0, 1, &fd)) TH_LOG("step %u", i);
		ASSERT_EQ(0, set_none(&dev, kinds[i], TRIGGER, 0, 1));
		EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
		ASSERT_EQ(0, vfio_irq_disable(&dev, kinds[i]));
	}
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
