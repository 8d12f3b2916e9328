// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts and ioeventfds. */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "bench.h"
#include "edu.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define VECTORS_MAX 64
#define TIMES	    50

static void eventfds(int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		bench_must(fds[i] >= 0);
	}
}

BENCH(msix)
{
	int fds[VECTORS_MAX];
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_nvme, 0);
	eventfds(fds, VECTORS_MAX);
	for (unsigned int count = 1; count <= VECTORS_MAX; count *= count == 1 ? 16 : 4) {
		bench_repeat {
			int err;

			bench_begin_cpu();
			err = vfio_set_eventfds(&dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, count, fds);
			bench_end_cpu(1, "MSI-X: enable %u", count);
			bench_must(!err);

			bench_begin();
			err = vfio_set_irqs(&dev, VFIO_PCI_MSIX_IRQ_INDEX,
					    VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0,
					    count, NULL, 0);
			bench_end(1, "MSI-X: trigger %u", count);
			bench_must(!err);

			bench_begin_cpu();
			err = vfio_irq_disable(&dev, VFIO_PCI_MSIX_IRQ_INDEX);
			bench_end_cpu(1, "MSI-X: disable %u", count);
			bench_must(!err);
		}
	}
	vfio_close(&dev);
}

/* From the register that raises it to the eventfd. */
BENCH(deliver)
{
	const int edu_msi = VFIO_PCI_MSI_IRQ_INDEX;
	struct vfio_dev dev;
	uint64_t seen;
	void *bar;
	int fd;

	bench_open(&dev, NULL, &pci_edu, 0);
	vfio_set_command(&dev, 0, PCI_COMMAND_MASTER);
	bar = bench_map(&dev, 0, 0, EDU_BAR_SIZE, 2 * MIB, 0);
	eventfds(&fd, 1);
	bench_must(!vfio_set_eventfds(&dev, edu_msi, 0, 1, &fd));
	edu_write(bar, EDU_IRQ_RAISE, 1);
	edu_write(bar, EDU_IRQ_ACK, 1);
	bench_must(eventfd_wait(fd, 1000, &seen));
	bench_repeat {
		bench_begin();
		for (int n = 0; n < TIMES; n++) {
			edu_write(bar, EDU_IRQ_RAISE, 1);
			edu_write(bar, EDU_IRQ_ACK, 1);
		}
		bench_end(TIMES, "MSI: deliver to an eventfd");
		bench_must(read(fd, &seen, sizeof(seen)) == sizeof(seen) && seen == TIMES);
	}
	vfio_close(&dev);
}

BENCH(ioeventfd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = VFIO_REGION_OFFSET(0) + EDU_LIVENESS,
		.data = 1,
	};
	struct vfio_dev dev;
	int fd;

	bench_open(&dev, NULL, &pci_edu, 0);
	eventfds(&fd, 1);
	bench_repeat {
		int err;

		arg.fd = fd;
		bench_begin();
		err = ioctl(dev.fd, VFIO_DEVICE_IOEVENTFD, &arg);
		bench_end(1, "ioeventfd: set");
		bench_must(!err);

		bench_begin();
		eventfd_write(fd, 1);
		bench_end(1, "ioeventfd: trigger");

		arg.fd = -1;
		bench_begin();
		err = ioctl(dev.fd, VFIO_DEVICE_IOEVENTFD, &arg);
		bench_end(1, "ioeventfd: clear");
		bench_must(!err);
	}
	vfio_close(&dev);
}
