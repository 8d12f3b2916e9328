// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl of a device file, called wrongly in every way: each argsz, flags that do not exist,
 * ranges that overlap or overflow, wrong files, and arguments that a fault cuts off at each byte.
 * Our driver must answer as the kernel's own does, errno by errno and byte by byte.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "diff.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(diff, edu){.id = &pci_edu};
FIXTURE_VARIANT_ADD(diff, nvme){.id = &pci_nvme};
FIXTURE_VARIANT_ADD(diff, e1000e){.id = &pci_e1000e};
FIXTURE_VARIANT_ADD(diff, igb){.id = &pci_igb};
FIXTURE_VARIANT_ADD(diff, ivshmem){.id = &pci_ivshmem};
FIXTURE_VARIANT_ADD(diff, vga){.id = &pci_vga};

#define ARG_ROOM 256
#define MORE	 8 /* bytes that a caller may have after the structure it knows */

/* One call, of whose argument the first @there bytes are in reach. */
static long call(struct vfio_dev *dev, struct transcript *t, const char *what, unsigned int n,
		 unsigned long cmd, const void *arg, size_t there)
{
	void *at = before_hole(there);
	long ret;

	memcpy(at, arg, there);
	ret = sys(ioctl(dev->fd, cmd, at));
	said(t, "%s %u: %ld %s", what, n, ret, hex(at, there));
	return ret;
}

/* @arg is good, of @size bytes, and begins with its size: make it too small, too large, fault. */
static void sweep(struct vfio_dev *dev, struct transcript *t, const char *what, unsigned long cmd,
		  const void *arg, uint32_t size)
{
	static const uint32_t large[] = {4096, INT32_MAX, 1U << 31, UINT32_MAX};
	struct {
		uint32_t argsz;
		uint8_t rest[ARG_ROOM];
	} buf = {0};
	char name[96];
	void *page;

	memcpy(&buf, arg, size);
	snprintf(name, sizeof(name), "%s argsz", what);
	for (buf.argsz = 0; buf.argsz <= size + MORE; buf.argsz++)
		call(dev, t, name, buf.argsz, cmd, &buf, size + MORE);
	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
		buf.argsz = large[i];
		call(dev, t, name, buf.argsz, cmd, &buf, size + MORE);
	}

	buf.argsz = size;
	snprintf(name, sizeof(name), "%s cut-off", what);
	for (uint32_t there = 0; there < size; there++)
		call(dev, t, name, there, cmd, &buf, there);

	page = before_hole(PAGE);
	memcpy(page, &buf, size);
	mprotect(page, PAGE, PROT_READ);
	said(t, "%s read-only: %ld", what, sys(ioctl(dev->fd, cmd, page)));
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
	said(t, "%s at 0: %ld", what, sys(ioctl(dev->fd, cmd, NULL)));
	said(t, "%s at -1: %ld", what, sys(ioctl(dev->fd, cmd, -1UL)));
	said(t, "%s in the kernel: %ld", what, sys(ioctl(dev->fd, cmd, 0xffff888000000000UL)));
}

static void info(struct vfio_dev *dev, struct transcript *t)
{
	static const uint32_t index[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, INT32_MAX, UINT32_MAX};
	union {
		struct vfio_device_info device;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		uint8_t room[96];
	} arg = {0};
	char what[32];

	sweep(dev, t, "GET_INFO", VFIO_DEVICE_GET_INFO, &arg, 64);
	memset(&arg, 0xff, sizeof(arg));
	sweep(dev, t, "GET_INFO of-ones", VFIO_DEVICE_GET_INFO, &arg, 64);
	for (size_t i = 0; i < sizeof(index) / sizeof(*index); i++) {
		memset(&arg, i & 1 ? 0xff : 0, sizeof(arg));
		arg.region.index = index[i];
		snprintf(what, sizeof(what), "GET_REGION_INFO %d", index[i]);
		sweep(dev, t, what, VFIO_DEVICE_GET_REGION_INFO, &arg, 64);
		arg.irq.index = index[i];
		snprintf(what, sizeof(what), "GET_IRQ_INFO %d", index[i]);
		sweep(dev, t, what, VFIO_DEVICE_GET_IRQ_INFO, &arg, sizeof(arg.irq));
	}
}

static int new_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void all_irqs_off(struct vfio_dev *dev)
{
	for (unsigned int i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		vfio_irq_disable(dev, i);
}

struct irq_set {
	struct vfio_irq_set hdr;
	int32_t fd[8];
};

/* Each combination of flags, one beyond those that exist, with good data and without. */
static void irq_flags(struct vfio_dev *dev, struct transcript *t, unsigned int index, int fd)
{
	struct irq_set set = {.fd = {fd, fd, fd, fd}};
	char what[64];

	for (uint32_t flags = 0; flags < 1 << 7; flags++) {
		for (unsigned int count = 0; count < 2; count++) {
			set.hdr = (struct vfio_irq_set){
				.argsz = sizeof(set),
				.flags = flags,
				.index = index,
				.count = count,
			};
			snprintf(what, sizeof(what), "irqs index %d flags %#x count", index, flags);
			call(dev, t, what, count, VFIO_DEVICE_SET_IRQS, &set, sizeof(set));
		}
	}
	all_irqs_off(dev);
}

static void irq_ranges(struct vfio_dev *dev, struct transcript *t, unsigned int index, int fd)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 1 << 16, 0x3fffffff, 0x40000000, INT32_MAX, 1U << 31, UINT32_MAX,
	};
	static const uint32_t types[] = {VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL,
					 VFIO_IRQ_SET_DATA_EVENTFD};
	struct irq_set set = {.fd = {fd, fd, fd, fd}};
	char what[64];

	/* With nothing set up, then with one vector. */
	for (int on = 0; on < 2; on++) {
		for (unsigned int i = 0; i < 3 * 10 * 10; i++) {
			set.hdr = (struct vfio_irq_set){
				.argsz = sizeof(set),
				.index = index,
				.start = odd[i % 10],
				.count = odd[i / 10 % 10],
				.flags = types[i / 100] | VFIO_IRQ_SET_ACTION_TRIGGER,
			};
			snprintf(what, sizeof(what), "irqs index %d type %u start %#x count %#x on",
				 index, types[i / 100], set.hdr.start, set.hdr.count);
			call(dev, t, what, on, VFIO_DEVICE_SET_IRQS, &set, sizeof(set));
			if (!on)
				vfio_irq_disable(dev, index);
		}
		said(t, "irqs index %u one: %d", index, vfio_set_eventfds(dev, index, 0, 1, &fd));
	}
	all_irqs_off(dev);
}

static void set_irqs(struct vfio_dev *dev, struct transcript *t)
{
	static const uint32_t types[] = {VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL,
					 VFIO_IRQ_SET_DATA_EVENTFD};
	int fd = new_eventfd(), other = open("/dev/null", O_RDWR | O_CLOEXEC);
	int wrong[] = {-1, -2, INT32_MIN, INT32_MAX, 999, other, dev->fd};
	char what[64];

	for (unsigned int index = 0; index <= VFIO_PCI_NUM_IRQS; index++) {
		for (int i = 0; i < 3; i++) {
			struct irq_set set = {
				.hdr = {.flags = types[i] | VFIO_IRQ_SET_ACTION_TRIGGER,
					.index = index,
					.count = 1},
				.fd = {fd},
			};

			snprintf(what, sizeof(what), "irqs index %u type %u", index, types[i]);
			sweep(dev, t, what, VFIO_DEVICE_SET_IRQS, &set, sizeof(set.hdr) + 4);
			vfio_irq_disable(dev, index);
		}
		for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
			/* The files' numbers differ from run to run, their place here does not. */
			said(t, "irqs index %u wrong file %zu: %d", index, i,
			     vfio_set_eventfds(dev, index, 0, 1, &wrong[i]));
			vfio_irq_disable(dev, index);
		}
		irq_flags(dev, t, index, fd);
		irq_ranges(dev, t, index, fd);
	}
	irq_flags(dev, t, UINT32_MAX, fd);
	close(other);
	close(fd);
}

static void ioeventfd_at(struct vfio_dev *dev, struct transcript *t, uint64_t offset,
			 uint32_t flags, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.offset = offset,
		.data = 0,
		.fd = fd,
	};
	long ret;

	/* Our driver refuses what the kernel's driver accepts, and then panics at the signal. */
	if (!pci_misaligned_works() && flags && offset % flags)
		return;
	ret = sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg));
	said(t, "ioeventfd %#llx flags %#x: %ld", (unsigned long long)offset, flags, ret);
	if (ret)
		return;
	said(t, "ioeventfd %#llx twice: %ld", (unsigned long long)offset,
	     sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	arg.fd = -1;
	said(t, "ioeventfd %#llx removed: %ld", (unsigned long long)offset,
	     sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	said(t, "ioeventfd %#llx removed twice: %ld", (unsigned long long)offset,
	     sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
}

static void ioeventfds(struct vfio_dev *dev, struct transcript *t)
{
	int fd = new_eventfd(), other = open("/dev/null", O_RDWR | O_CLOEXEC);
	int wrong[] = {-1, -2, INT32_MIN, 999, other, dev->fd};
	unsigned int msix = vfio_find_cap(dev, PCI_CAP_ID_MSIX);
	struct vfio_device_ioeventfd arg = {.flags = VFIO_DEVICE_IOEVENTFD_32, .fd = fd};
	struct vfio_region_info region;

	sweep(dev, t, "ioeventfd", VFIO_DEVICE_IOEVENTFD, &arg, sizeof(arg));
	arg.argsz = sizeof(arg);
	arg.fd = -1;
	said(t, "ioeventfd removed: %ld", sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));

	for (uint32_t flags = 0; flags < 64; flags++)
		ioeventfd_at(dev, t, 0, flags, fd);
	for (uint32_t flags = 64; flags; flags <<= 1)
		ioeventfd_at(dev, t, 0, flags | VFIO_DEVICE_IOEVENTFD_32, fd);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		arg.fd = wrong[i];
		said(t, "ioeventfd wrong file %zu: %ld", i,
		     sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	}

	for (unsigned int index = 0; index < 12; index++) {
		uint64_t base = VFIO_REGION_OFFSET(index);

		vfio_region(dev, index, &region);
		for (int at = -9; at < 9; at++)
			for (uint32_t flags = 1; flags <= 8; flags <<= 1)
				ioeventfd_at(dev, t, base + (at < 0 ? region.size : 0) + at, flags,
					     fd);
		ioeventfd_at(dev, t, base + VFIO_REGION_OFFSET(1) - 4, 4, fd);
	}
	if (msix) {
		uint32_t table = vfio_config_read(dev, msix + PCI_MSIX_TABLE, 4);
		uint64_t at = VFIO_REGION_OFFSET(table & PCI_MSIX_TABLE_BIR) +
			      (table & PCI_MSIX_TABLE_OFFSET);
		unsigned int size = 16 * (1 + (vfio_config_read(dev, msix + PCI_MSIX_FLAGS, 2) &
					       PCI_MSIX_FLAGS_QSIZE));

		for (unsigned int i = 0; i < 24; i++) {
			ioeventfd_at(dev, t, at - 12 + i, 4, fd);
			ioeventfd_at(dev, t, at + size - 12 + i, 4, fd);
		}
	}

	/* The ioeventfd stays registered after its eventfd is closed, and can be removed. */
	arg = (struct vfio_device_ioeventfd){
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_8,
		.fd = new_eventfd(),
	};
	said(t, "ioeventfd to be closed: %ld", sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	close(arg.fd);
	arg.fd = fd;
	said(t, "ioeventfd after close: %ld", sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	arg.fd = -1;
	said(t, "ioeventfd removed after close: %ld",
	     sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg)));
	close(other);
	close(fd);
}

#define LOW_POWER_ENTRY		    3
#define LOW_POWER_ENTRY_WITH_WAKEUP 4
#define LOW_POWER_EXIT		    5

static void features(struct vfio_dev *dev, struct transcript *t)
{
	struct {
		struct vfio_device_feature hdr;
		uint8_t data[32];
	} arg = {0};
	struct vfio_device_feature leave = {
		.argsz = sizeof(leave),
		.flags = LOW_POWER_EXIT | VFIO_DEVICE_FEATURE_SET,
	};
	char what[64];
	size_t end;

	for (unsigned int op = 0; op < 8; op++) {
		for (unsigned int feature = 0; feature < 18; feature++) {
			arg.hdr.flags = (feature == 17 ? 0xffff : feature) | op << 16;
			snprintf(what, sizeof(what), "feature %#x", arg.hdr.flags);
			if (op && (op & (op - 1))) {
				arg.hdr.argsz = sizeof(arg);
				call(dev, t, what, 0, VFIO_DEVICE_FEATURE, &arg, sizeof(arg));
				continue;
			}
			if (op != VFIO_DEVICE_FEATURE_SET >> 16 || feature < LOW_POWER_ENTRY ||
			    feature > LOW_POWER_EXIT) {
				sweep(dev, t, what, VFIO_DEVICE_FEATURE, &arg, sizeof(arg));
				continue;
			}
			/* These work, and each time costs a trip to a sleep state and back. */
			for (arg.hdr.argsz = 0; arg.hdr.argsz < 14; arg.hdr.argsz++)
				call(dev, t, what, arg.hdr.argsz, VFIO_DEVICE_FEATURE, &arg,
				     sizeof(arg));
			/* These do not: the header ends early, or what follows. */
			arg.hdr.argsz = sizeof(arg);
			snprintf(what, sizeof(what), "feature %#x cut-off", arg.hdr.flags);
			end = feature == LOW_POWER_ENTRY_WITH_WAKEUP ? sizeof(arg.hdr) + 8
								     : sizeof(arg.hdr);
			for (size_t there = 0; there < end; there++)
				call(dev, t, what, there, VFIO_DEVICE_FEATURE, &arg, there);
			ioctl(dev->fd, VFIO_DEVICE_FEATURE, &leave);
		}
	}
	for (unsigned int bit = 19; bit < 32; bit++) {
		arg.hdr.argsz = sizeof(arg);
		arg.hdr.flags = 1U << bit | VFIO_DEVICE_FEATURE_PROBE;
		call(dev, t, "feature bit", bit, VFIO_DEVICE_FEATURE, &arg, sizeof(arg));
	}
}

static void resets(struct vfio_dev *dev, struct transcript *t)
{
	int group = dev->iommu->ngroups ? dev->iommu->group[0].fd : -1;
	int wrong[] = {-1, 999, dev->fd, dev->iommu->fd, group};
	struct {
		struct vfio_pci_hot_reset hdr;
		int32_t fd[8];
	} arg = {.fd = {group, group, group, group, group, group, group, group}};
	uint8_t room[64] = {0};

	sweep(dev, t, "reset INFO", VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, room, sizeof(room));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		arg.hdr = (struct vfio_pci_hot_reset){.argsz = sizeof(arg), .count = 1};
		arg.fd[0] = wrong[i];
		said(t, "reset wrong file %zu: %ld", i,
		     sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg)));
	}
	for (unsigned int i = 0; i < 40; i++) {
		static const uint32_t count[] = {0, 8, 1 << 20, 1U << 31, UINT32_MAX};
		static const uint32_t flags[] = {0, 1, 2, 1U << 31};

		arg.hdr.count = count[i % 5];
		arg.hdr.flags = flags[i / 5 % 4];
		arg.hdr.argsz = i < 20 ? sizeof(arg) : sizeof(arg.hdr);
		said(t, "reset count %#x flags %#x argsz %u: %ld", arg.hdr.count, arg.hdr.flags,
		     arg.hdr.argsz, sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg)));
	}
	/* not the group: a reset that works takes its time */
	arg.hdr = (struct vfio_pci_hot_reset){.count = 1};
	arg.fd[0] = -1;
	sweep(dev, t, "reset HOT", VFIO_DEVICE_PCI_HOT_RESET, &arg, sizeof(arg.hdr) + 4);
	said(t, "reset function: %ld", sys(ioctl(dev->fd, VFIO_DEVICE_RESET)));
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	said(t, "reset while decode is off: %ld", sys(ioctl(dev->fd, VFIO_DEVICE_RESET)));
}

/* Ioctls of other files or other devices, and ones that do not exist. */
static void others(struct vfio_dev *dev, struct transcript *t)
{
	uint8_t arg[ARG_ROOM];

	for (unsigned int nr = VFIO_BASE; nr < VFIO_BASE + 40; nr++) {
		unsigned long cmd = _IO(VFIO_TYPE, nr);

		memset(arg, 0, sizeof(arg));
		if (cmd != VFIO_DEVICE_RESET)
			call(dev, t, "other number", nr, cmd, arg, sizeof(arg));
		/* with a size in it, as vfio's never have */
		cmd = _IOWR(VFIO_TYPE, nr, uint64_t);
		call(dev, t, "other number with a size", nr, cmd, arg, sizeof(arg));
		/* of another kind of file */
		call(dev, t, "other type", nr, _IO('T', nr), arg, sizeof(arg));
	}
	said(t, "other 0: %ld", sys(ioctl(dev->fd, 0, NULL)));
	said(t, "other -1: %ld", sys(ioctl(dev->fd, -1UL, NULL)));
}

static void everything(struct vfio_dev *dev, struct transcript *t)
{
	info(dev, t);
	set_irqs(dev, t);
	ioeventfds(dev, t);
	features(dev, t);
	others(dev, t);
	resets(dev, t);
}

TEST_F(diff, everything)
{
	diff_run(_metadata, self->bdf, variant->id->name, "ioctl", everything);
}

TEST_HARNESS_MAIN
