// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VMM with KVM does with a device: its BAR in the guest's memory, its interrupts injected by
 * irqfds, writes of the guest carried to it by ioeventfds. The guest is some instructions in real
 * mode; KVM is kvm_amd, on the SVM that QEMU emulates.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "module.h"

#define GUEST_CODE 0x1000
#define GUEST_SEEN 0x500 /* liveness as the guest reads it, again and again */
#define GUEST_TURN 0x504 /* how often */
#define GUEST_TOOK 0x508 /* interrupt status of the last interrupt */
#define GUEST_BAR  0x9000
#define GUEST_RAM  (8 * 4096)
#define GSI	   5
#define PORT_EVENT 0x510 /* an ioeventfd, if there is one */

/*
 * Interrupts come by the PIC: GSI 5 is vector 0x25. Like any guest driver, the handler ignores an
 * interrupt without a cause, and nothing counts interrupts: nested under emulation, KVM now and
 * then delivers one twice.
 */
extern const char guest_start[], guest_end[];
asm(".pushsection .rodata\n"
    ".code16\n"
    "guest_start:\n"
    "	cli\n"
    "	xor %ax, %ax\n"
    "	mov %ax, %ds\n"
    "	mov %ax, %ss\n"
    "	mov $0x7000, %sp\n"
    "	mov $0x11, %al\n	out %al, $0x20\n"
    "	mov $0x20, %al\n	out %al, $0x21\n"
    "	mov $0x04, %al\n	out %al, $0x21\n"
    "	mov $0x01, %al\n	out %al, $0x21\n"
    "	mov $0xdf, %al\n	out %al, $0x21\n"
    "	movw $(0x1000 + handler - guest_start), 0x25 * 4\n"
    "	movw $0, 0x25 * 4 + 2\n"
    "	sti\n"
    "1:	mov 0x9004, %eax\n"
    "	mov %eax, 0x500\n"
    "	incl 0x504\n"
    "	jmp 1b\n"
    "handler:\n"
    "	push %eax\n"
    "	push %dx\n"
    "	mov 0x9024, %eax\n"
    "	test %eax, %eax\n	jz 2f\n"
    "	mov %eax, 0x9064\n"
    "	mov $0x510, %dx\n"
    "	out %al, (%dx)\n"
    "	mov %eax, 0x508\n"
    "2:	mov $0x20, %al\n	out %al, $0x20\n"
    "	pop %dx\n"
    "	pop %eax\n"
    "	iret\n"
    "guest_end:\n"
    ".code64\n"
    ".popsection\n");

FIXTURE(kvm)
{
	struct vfio_dev dev;
	char *bar, *ram;
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	atomic_uint refused;
};

static void wake(int signal)
{
}

/* The guest's CPU. An access that KVM cannot carry out is tried again: that is the VMM's choice. */
static void *run_vcpu(void *arg)
{
	FIXTURE_DATA(kvm) *self = arg;

	while (!atomic_load(&self->stop)) {
		if (ioctl(self->vcpu, KVM_RUN, 0)) {
			if (errno == EFAULT) {
				atomic_fetch_add(&self->refused, 1);
				usleep(1000);
			} else if (errno != EINTR) {
				printf("# KVM_RUN: %s\n", strerror(errno));
				break;
			}
		} else if (self->run->exit_reason != KVM_EXIT_IO ||
			   self->run->io.port != PORT_EVENT) {
			printf("# the guest stops, reason %u\n", self->run->exit_reason);
			break;
		}
	}
	return NULL;
}

static int add_memory(FIXTURE_DATA(kvm) *self, uint32_t slot, uint64_t at, void *from, size_t size)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
						      .guest_phys_addr = at,
						      .memory_size = size,
						      .userspace_addr = (uintptr_t)from };

	return sys(ioctl(self->vm, KVM_SET_USER_MEMORY_REGION, &region));
}

static void make_vcpu(struct __test_metadata *_metadata, FIXTURE_DATA(kvm) *self)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rip = GUEST_CODE, .rflags = 2 };

	self->vcpu = ioctl(self->vm, KVM_CREATE_VCPU, 0);
	ASSERT_LE(0, self->vcpu);
	self->run_size = ioctl(self->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	self->run = mmap(NULL, self->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, self->vcpu, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->run);
	ASSERT_EQ(0, ioctl(self->vcpu, KVM_GET_SREGS, &sregs));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ASSERT_EQ(0, ioctl(self->vcpu, KVM_SET_SREGS, &sregs));
	ASSERT_EQ(0, ioctl(self->vcpu, KVM_SET_REGS, &regs));
}

FIXTURE_SETUP(kvm)
{
	const struct sigaction action = { .sa_handler = wake };

	self->kvm = self->vm = self->vcpu = -1;
	module_need("kvm_amd");
	self->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (self->kvm < 0)
		SKIP(return, "no /dev/kvm: this CPU has no SVM, or the kernel no kvm_amd");
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	self->bar = vfio_mmap(&self->dev, 0, 0, 4096, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->bar);
	self->vm = ioctl(self->kvm, KVM_CREATE_VM, 0);
	ASSERT_LE(0, self->vm);
	ASSERT_EQ(0, ioctl(self->vm, KVM_CREATE_IRQCHIP));
	self->ram = mmap(NULL, GUEST_RAM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			 0);
	ASSERT_NE(MAP_FAILED, (void *)self->ram);
	memcpy(self->ram + GUEST_CODE, guest_start, guest_end - guest_start);
	ASSERT_EQ(0, add_memory(self, 0, 0, self->ram, GUEST_RAM));
	ASSERT_EQ(0, add_memory(self, 1, GUEST_BAR, self->bar, 4096));
	make_vcpu(_metadata, self);
	sigaction(SIGUSR1, &action, NULL);
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(kvm) *self)
{
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_vcpu, self));
	self->runs = true;
}

FIXTURE_TEARDOWN(kvm)
{
	atomic_store(&self->stop, true);
	if (self->runs) {
		/* A signal that comes right before KVM_RUN is lost; this is not. */
		self->run->immediate_exit = 1;
		pthread_kill(self->thread, SIGUSR1);
		pthread_join(self->thread, NULL);
	}
	if (self->run)
		munmap(self->run, self->run_size);
	if (self->vcpu >= 0)
		close(self->vcpu);
	if (self->vm >= 0)
		close(self->vm);
	if (self->kvm >= 0)
		close(self->kvm);
	vfio_close(&self->dev);
}

static uint32_t guest_word(FIXTURE_DATA(kvm) *self, unsigned int at)
{
	return *(volatile uint32_t *)(self->ram + at);
}

/* Waits until the guest has gone on by some turns of its loop. */
static bool goes_on(FIXTURE_DATA(kvm) *self)
{
	uint32_t turn = guest_word(self, GUEST_TURN);

	for (int i = 0; i < SOON && guest_word(self, GUEST_TURN) - turn < 3; i++)
		usleep(1000);
	return guest_word(self, GUEST_TURN) - turn >= 3;
}

static void forget_interrupts(FIXTURE_DATA(kvm) *self)
{
	*(volatile uint32_t *)(self->ram + GUEST_TOOK) = 0;
}

/* Raises an interrupt with this status, waits for the guest, and says which one it took. */
static uint32_t raise_and_wait(FIXTURE_DATA(kvm) *self, uint32_t status)
{
	forget_interrupts(self);
	edu_write(self->bar, EDU_IRQ_RAISE, status);
	for (int i = 0; i < SOON && !guest_word(self, GUEST_TOOK); i++)
		usleep(1000);
	return guest_word(self, GUEST_TOOK);
}

/* The core serves the faults of KVM's page tables, and a zap clears their entries. */
TEST_F_TIMEOUT(kvm, guest_access_ends_with_memory_decode, 60)
{
	uint32_t turn;

	edu_write(self->bar, EDU_LIVENESS, 0x12345678);
	start(_metadata, self);
	ASSERT_TRUE(goes_on(self));
	EXPECT_EQ(~0x12345678U, guest_word(self, GUEST_SEEN));
	for (int i = 0; i < 10; i++) {
		unsigned int refused = atomic_load(&self->refused);

		vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
		for (int k = 0; k < SOON && atomic_load(&self->refused) == refused; k++)
			usleep(1000);
		turn = guest_word(self, GUEST_TURN);
		EXPECT_LT(refused, atomic_load(&self->refused));
		usleep(20000);
		EXPECT_EQ(turn, guest_word(self, GUEST_TURN));
		vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
		edu_write(self->bar, EDU_LIVENESS, i);
		ASSERT_TRUE(goes_on(self));
		EXPECT_EQ(~i, (int)guest_word(self, GUEST_SEEN));
	}
}

static int irqfd(FIXTURE_DATA(kvm) *self, int fd, int resample)
{
	struct kvm_irqfd arg = { .fd = fd, .gsi = GSI };

	if (resample >= 0) {
		arg.flags = KVM_IRQFD_FLAG_RESAMPLE;
		arg.resamplefd = resample;
	}
	return sys(ioctl(self->vm, KVM_IRQFD, &arg));
}

TEST_F_TIMEOUT(kvm, msi_by_irqfd_reaches_guest, 60)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	ASSERT_EQ(0, irqfd(self, fd, -1));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	start(_metadata, self);
	ASSERT_TRUE(goes_on(self));
	for (unsigned int i = 1; i <= 50; i++) {
		ASSERT_EQ(i, raise_and_wait(self, i));
	}
	/* The irqfd goes first, then the vectors: nothing arrives in between. */
	ASSERT_EQ(0, sys(ioctl(self->vm, KVM_IRQFD,
			       &(struct kvm_irqfd) { .fd = fd,
						     .gsi = GSI,
						     .flags = KVM_IRQFD_FLAG_DEASSIGN })));
	forget_interrupts(self);
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	usleep(NEVER * 1000);
	EXPECT_EQ(0, guest_word(self, GUEST_TOOK));
	EXPECT_EQ(0, vfio_irq_disable(&self->dev, VFIO_PCI_MSI_IRQ_INDEX));
	close(fd);
}

/* The core masks the line; the guest's end of interrupt lets KVM signal what unmasks it. */
TEST_F_TIMEOUT(kvm, intx_by_irqfd_is_unmasked_by_eoi, 60)
{
	const uint32_t unmask = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	ASSERT_EQ(0, irqfd(self, fd, resample));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &fd));
	ASSERT_EQ(0, vfio_set_irqs(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, unmask, 0, 1, &resample,
				   sizeof(resample)));
	start(_metadata, self);
	ASSERT_TRUE(goes_on(self));
	for (unsigned int i = 1; i <= 50; i++) {
		ASSERT_EQ(i, raise_and_wait(self, i));
		ASSERT_TRUE(goes_on(self));
	}
	EXPECT_EQ(0, vfio_irq_disable(&self->dev, VFIO_PCI_INTX_IRQ_INDEX));
	close(fd);
	close(resample);
}

/* The guest writes to a port, and the core to the device, with no VMM in between. */
TEST_F_TIMEOUT(kvm, guest_ioeventfd_writes_to_device, 60)
{
	int irq = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int io = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct kvm_ioeventfd guest = { .addr = PORT_EVENT,
				       .len = 1,
				       .fd = io,
				       .flags = KVM_IOEVENTFD_FLAG_PIO };
	struct vfio_device_ioeventfd device = { .argsz = sizeof(device),
						.flags = VFIO_DEVICE_IOEVENTFD_32,
						.offset = VFIO_REGION_OFFSET(0) + EDU_LIVENESS,
						.data = 0xabcdef01,
						.fd = io };

	ASSERT_EQ(0, irqfd(self, irq, -1));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &irq));
	ASSERT_EQ(0, sys(ioctl(self->vm, KVM_IOEVENTFD, &guest)));
	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &device)));
	start(_metadata, self);
	/* Until its interrupt controller is set up, the guest loses what comes. */
	ASSERT_TRUE(goes_on(self));
	for (unsigned int i = 1; i <= 20; i++) {
		edu_write(self->bar, EDU_LIVENESS, i);
		ASSERT_EQ(~i, edu_read(self->bar, EDU_LIVENESS));
		ASSERT_EQ(1, raise_and_wait(self, 1));
		for (int k = 0; k < SOON && edu_read(self->bar, EDU_LIVENESS) == ~i; k++)
			usleep(1000);
		ASSERT_EQ(~0xabcdef01U, edu_read(self->bar, EDU_LIVENESS));
	}
	close(irq);
	close(io);
}

/* KVM gets the device's file by KVM_DEV_VFIO, and holds it until it is removed or KVM is closed. */
TEST_F(kvm, device_file_is_given_to_kvm)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	int file = self->dev.iommu->iommufd ? self->dev.fd : self->dev.iommu->group[0].fd;
	struct kvm_device_attr attr = { .group = KVM_DEV_VFIO_GROUP,
					.attr = KVM_DEV_VFIO_GROUP_ADD,
					.addr = (uintptr_t)&file };

	ASSERT_EQ(0, sys(ioctl(self->vm, KVM_CREATE_DEVICE, &device)));
	EXPECT_EQ(0, sys(ioctl(device.fd, KVM_SET_DEVICE_ATTR, &attr)));
	EXPECT_EQ(-EEXIST, sys(ioctl(device.fd, KVM_SET_DEVICE_ATTR, &attr)));
	start(_metadata, self);
	EXPECT_TRUE(goes_on(self));
	attr.attr = KVM_DEV_VFIO_GROUP_DEL;
	EXPECT_EQ(0, sys(ioctl(device.fd, KVM_SET_DEVICE_ATTR, &attr)));
	attr.attr = KVM_DEV_VFIO_GROUP_ADD;
	EXPECT_EQ(0, sys(ioctl(device.fd, KVM_SET_DEVICE_ATTR, &attr)));
	close(device.fd);
}

/* ---- irq bypass: a consumer of ours; KVM has one where interrupts are posted ---- */

#define BYPASS "/sys/module/bypass/parameters/"

static int parameter(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	return atoi(text);
}

static int consume(int eventfd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", eventfd);
	return write_file(BYPASS "eventfd", text);
}

TEST(vector_is_connected_to_bypass_consumer)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), other, irq;
	struct vfio_dev dev;
	char *bar;

	other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_EQ(0, module_need("bypass"));
	OPEN_OR_SKIP(&dev, NULL, &pci_edu, 0);
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	bar = vfio_mmap(&dev, 0, 0, 4096, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)bar);

	/*
	 * Register in either order; interrupts still arrive as long as the consumer does not take
	 * them over.
	 */
	ASSERT_EQ(0, consume(fd));
	EXPECT_EQ(0, parameter(BYPASS "irq"));
	ASSERT_EQ(0, vfio_set_eventfds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	irq = parameter(BYPASS "irq");
	EXPECT_LT(0, irq);
	edu_write(bar, EDU_IRQ_RAISE, 1);
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	edu_write(bar, EDU_IRQ_ACK, 1);
	ASSERT_EQ(0, consume(-1));
	EXPECT_EQ(0, parameter(BYPASS "irq"));
	ASSERT_EQ(0, consume(fd));
	EXPECT_EQ(irq, parameter(BYPASS "irq"));

	/* Another eventfd for the vector is another connection. */
	ASSERT_EQ(0, vfio_set_eventfds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &other));
	EXPECT_EQ(0, parameter(BYPASS "irq"));
	ASSERT_EQ(0, vfio_set_eventfds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	EXPECT_EQ(irq, parameter(BYPASS "irq"));
	EXPECT_EQ(0, vfio_irq_disable(&dev, VFIO_PCI_MSI_IRQ_INDEX));
	EXPECT_EQ(0, parameter(BYPASS "irq"));

	/* Close ends it. */
	ASSERT_EQ(0, vfio_set_eventfds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	EXPECT_LT(0, parameter(BYPASS "irq"));
	munmap(bar, 4096);
	vfio_close(&dev);
	EXPECT_EQ(0, parameter(BYPASS "irq"));
	EXPECT_EQ(0, consume(-1));
	close(fd);
	close(other);
}

TEST_HARNESS_MAIN
