// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long sequences of calls about interrupts, right ones and wrong ones at random, with interrupts
 * arriving in between. After each step our driver must have answered, and have signalled the same
 * eventfds as often, as the kernel's own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "diff.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(diff, edu){.id = &pci_edu};
FIXTURE_VARIANT_ADD(diff, nvme){.id = &pci_nvme};
FIXTURE_VARIANT_ADD(diff, e1000e){.id = &pci_e1000e};

#define STEPS  400
#define SETTLE 1000 /* us for a work queue to run */
#define FILES  4

/* The same numbers for both drivers. */
static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

#define PICK(...)                                                                                  \
	((const int64_t[]){__VA_ARGS__}[random_below(sizeof((const int64_t[]){__VA_ARGS__}) /      \
						     sizeof(int64_t))])

static int event[FILES], no_event;

/* One of the eventfds as a rule; its name goes to the transcript. */
static int pick_file(char name[4])
{
	unsigned int n = random_below(12);
	int wrong[] = {-1, -2, 999, no_event};

	snprintf(name, 4, "%c%u", n < FILES ? 'w' : 'e', n % FILES);
	return n < FILES ? wrong[n] : event[n % FILES];
}

static void new_eventfd(int i)
{
	if (event[i] > 0)
		close(event[i]);
	event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

struct step {
	char what[160];
	long ret;
};

static void set_irqs(struct vfio_dev *dev, struct step *step, bool has_msix)
{
	struct {
		struct vfio_irq_set hdr;
		union {
			int32_t fd[4];
			uint8_t on[16];
		};
	} set = {0};
	char file[4][4] = {"", "", "", ""};
	unsigned int n;

	set.hdr.index = PICK(0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 4, 5);
	if (set.hdr.index == VFIO_PCI_MSIX_IRQ_INDEX && !has_msix)
		set.hdr.index = random_below(2);
	set.hdr.flags = PICK(1, 1, 2, 2, 4, 4, 4, 4, 4, 4, 4, 0, 3) |
			PICK(32, 32, 32, 32, 32, 32, 32, 32, 32, 8, 8, 16, 16, 16, 0, 40);
	set.hdr.start = PICK(0, 0, 0, 0, 0, 0, 1, 2, UINT32_MAX);
	set.hdr.count = PICK(0, 1, 1, 1, 1, 1, 1, 2, 3, 4, UINT32_MAX);
	if (!random_below(6)) {
		set.hdr.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
		set.hdr.start = set.hdr.count = 0;
	} else if (set.hdr.index < VFIO_PCI_MSIX_IRQ_INDEX && random_below(3)) {
		set.hdr.start = 0;
		set.hdr.count = 1;
	}
	n = set.hdr.count > 4 ? 4 : set.hdr.count;
	for (unsigned int i = 0; i < n; i++) {
		if (set.hdr.flags & VFIO_IRQ_SET_DATA_EVENTFD)
			set.fd[i] = pick_file(file[i]);
		else
			set.on[i] = random_below(2);
	}
	set.hdr.argsz = sizeof(set);
	step->ret = sys(ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &set));
	snprintf(step->what, sizeof(step->what), "SET_IRQS %u flags %#x %d + %d %s %s %s %s",
		 set.hdr.index, set.hdr.flags, set.hdr.start, set.hdr.count, file[0], file[1],
		 file[2], file[3]);
}

static void set_ioeventfd(struct vfio_dev *dev, struct step *step, bool is_edu)
{
	char file[4];
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.offset = PICK(EDU_LIVENESS, EDU_LIVENESS, 8, EDU_IRQ_ACK),
		.flags = PICK(1, 2, 4, 4, 4, 4, 4, 8, 3, 0),
		.data = random_below(3),
		.fd = pick_file(file),
	};

	/* The kernel's driver panics where our driver refuses. */
	if (arg.flags && (arg.flags < pci_narrowest(dev->bdf) ||
			  (arg.offset % arg.flags && !pci_misaligned_works())))
		arg.flags = VFIO_DEVICE_IOEVENTFD_32;
	step->ret = is_edu ? sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)) : 0;
	snprintf(step->what, sizeof(step->what), "IOEVENTFD at %#llx flags %#x data %llu %s",
		 arg.offset, arg.flags, arg.data, file);
}

static void random_step(struct vfio_dev *dev, struct step *step, bool is_edu)
{
	uint32_t kind = random_below(100), value = 1, i = random_below(FILES);
	uint64_t one = 1;

	step->ret = 0;
	if (kind < 60) {
		set_irqs(dev, step, !is_edu);
	} else if (kind < 68) {
		set_ioeventfd(dev, step, is_edu);
	} else if (kind < 74) {
		value = random_below(2) * PCI_COMMAND_INTX_DISABLE;
		vfio_set_command(dev, PCI_COMMAND_INTX_DISABLE, value);
		snprintf(step->what, sizeof(step->what), "DisINTx %#x", value);
	} else if (kind < 76) {
		value = random_below(4) ? PCI_COMMAND_MEMORY : 0;
		vfio_set_command(dev, PCI_COMMAND_MEMORY, value);
		snprintf(step->what, sizeof(step->what), "decode %#x", value);
	} else if (kind < 84) {
		step->ret = sys(write(event[i], &one, sizeof(one)));
		snprintf(step->what, sizeof(step->what), "signal e%u", i);
	} else if (kind < 86) {
		new_eventfd(i);
		snprintf(step->what, sizeof(step->what), "a new e%u", i);
	} else {
		uint32_t reg = random_below(2) ? EDU_IRQ_RAISE : EDU_IRQ_ACK;

		if (is_edu)
			step->ret = sys(pwrite(dev->fd, &value, sizeof(value), reg));
		snprintf(step->what, sizeof(step->what), "edu %#x", reg);
	}
}

/* Interrupts come to the CPU that raises them, so at once. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	write_file("/proc/irq/default_smp_affinity", "1");
}

static void sequence(struct vfio_dev *dev, struct transcript *t)
{
	bool is_edu = vfio_config_read(dev, 0, 2) == pci_edu.vendor;
	uint32_t ack = UINT32_MAX;
	struct step step;

	seed = 42;
	stay_on_one_cpu();
	no_event = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < FILES; i++)
		new_eventfd(i);
	vfio_set_command(dev, PCI_COMMAND_INTX_DISABLE, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (is_edu)
		pwrite(dev->fd, &ack, sizeof(ack), EDU_IRQ_ACK);
	for (int n = 0; n < STEPS; n++) {
		uint64_t counts[FILES] = {0};
		uint32_t status = 0;

		random_step(dev, &step, is_edu);
		if (is_edu)
			usleep(SETTLE);
		for (int i = 0; i < FILES; i++)
			if (read(event[i], &counts[i], sizeof(counts[i])) < 0)
				counts[i] = 0;
		if (is_edu)
			pread(dev->fd, &status, sizeof(status), EDU_IRQ_STATUS);
		said(t, "step %d, %s: %ld, signals %llu %llu %llu %llu, edu %#x", n, step.what,
		     step.ret, (unsigned long long)counts[0], (unsigned long long)counts[1],
		     (unsigned long long)counts[2], (unsigned long long)counts[3], status);
	}
	for (int i = 0; i < FILES; i++) {
		close(event[i]);
		event[i] = -1;
	}
	close(no_event);
}

TEST_F_TIMEOUT(diff, sequence, 60)
{
	diff_run(_metadata, self->bdf, variant->id->name, "sequence", sequence);
}

TEST_HARNESS_MAIN
