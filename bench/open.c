// SPDX-License-Identifier: GPL-2.0-only
/* Opening and closing a device, and asking it what it is. */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bench.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define TIMES 50

/* The group stays in its container: the device's own part is what differs. */
static void open_and_close(struct vfio_dev *dev, const char *name)
{
	close(dev->fd);
	bench_repeat_sleeper {
		bench_begin_cpu();
		dev->fd = ioctl(dev->iommu->group[0].fd, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
		bench_end_cpu(1, "open: %s", name);
		bench_must(dev->fd >= 0);

		bench_begin_cpu();
		close(dev->fd);
		bench_end_cpu(1, "close: %s", name);
	}
	dev->fd = -1;
	vfio_close(dev);
}

/* What is left until a BAR is used first, and what close then has to undo. */
static void use_first(struct vfio_dev *dev, unsigned int bar, const char *name)
{
	close(dev->fd);
	bench_repeat_sleeper {
		void *map;

		dev->fd = ioctl(dev->iommu->group[0].fd, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
		bench_must(dev->fd >= 0);

		bench_begin_cpu();
		map = vfio_mmap(dev, bar, 0, PAGE, PROT_READ);
		bench_end_cpu(1, "first mmap: %s", name);
		bench_must(map != MAP_FAILED && !munmap(map, PAGE));

		bench_begin_cpu();
		close(dev->fd);
		bench_end_cpu(1, "close after mmap: %s", name);
	}
	dev->fd = -1;
	vfio_close(dev);
}

BENCH(first_use)
{
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_edu, 0);
	use_first(&dev, 0, "edu");
	bench_open(&dev, NULL, &pci_nvme, 0);
	use_first(&dev, 0, "nvme");
	bench_open_testdev(&dev, 4 * GIB);
	use_first(&dev, 2, "4 GiB BAR");
}

BENCH(device)
{
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_edu, 0);
	open_and_close(&dev, "edu");
	bench_open(&dev, NULL, &pci_nvme, 0);
	open_and_close(&dev, "nvme");
	bench_open_testdev(&dev, 4 * GIB);
	open_and_close(&dev, "4 GiB BAR");
}

static void query(struct vfio_dev *dev, unsigned long request, void *arg, const char *name)
{
	bench_repeat {
		int err = 0;

		bench_begin();
		for (int n = 0; n < TIMES; n++)
			err |= ioctl(dev->fd, request, arg);
		bench_end(TIMES, "ask: %s", name);
		bench_must(!err);
	}
}

BENCH(info)
{
	struct vfio_device_info device = { .argsz = sizeof(device) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_nvme, 0);
	query(&dev, VFIO_DEVICE_GET_INFO, &device, "GET_INFO");
	query(&dev, VFIO_DEVICE_GET_REGION_INFO, &region, "GET_REGION_INFO (BAR 0)");
	region.index = VFIO_PCI_CONFIG_REGION_INDEX;
	query(&dev, VFIO_DEVICE_GET_REGION_INFO, &region, "GET_REGION_INFO (config)");
	irq.index = VFIO_PCI_MSIX_IRQ_INDEX;
	query(&dev, VFIO_DEVICE_GET_IRQ_INFO, &irq, "GET_IRQ_INFO (MSI-X)");
	vfio_close(&dev);
}
