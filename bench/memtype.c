// SPDX-License-Identifier: GPL-2.0-only
/* What write-combining costs: samples/wc-bar against the plain driver, both on our core. */
#include <sys/ioctl.h>

#include "bench.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci-sdk", "wc-bar-vfio-pci", NULL };

BENCH(device)
{
	struct vfio_dev dev;

	bench_open_testdev(&dev, 64 * MIB);
	close(dev.fd);
	bench_repeat {
		bench_begin_cpu();
		dev.fd = ioctl(dev.iommu->group[0].fd, VFIO_GROUP_GET_DEVICE_FD, dev.bdf);
		bench_end_cpu(1, "64 MiB BAR: open");
		bench_must(dev.fd >= 0);

		bench_begin_cpu();
		close(dev.fd);
		bench_end_cpu(1, "64 MiB BAR: close");
	}
	dev.fd = -1;
	vfio_close(&dev);
}

BENCH(fault)
{
	const size_t len = 16 * MIB;
	struct vfio_dev dev;
	char *map;

	bench_open_testdev(&dev, 64 * MIB);
	map = bench_map(&dev, 2, 0, len, 2 * MIB, PAGE);
	bench_repeat {
		vfio_set_command(&dev, PCI_COMMAND_MEMORY, 0);
		vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
		bench_begin();
		bench_touch(map + 5 * MIB, PAGE, PAGE);
		bench_end(1, "64 MiB BAR: fault in small entries");
	}
	bench_unmap(map, len);

	map = bench_map(&dev, 2, 0, len, 2 * MIB, 0);
	bench_repeat {
		vfio_set_command(&dev, PCI_COMMAND_MEMORY, 0);
		vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
		bench_begin();
		bench_touch(map + 6 * MIB, PAGE, PAGE);
		bench_end(1, "64 MiB BAR: fault in large entries");
	}
	vfio_close(&dev);
}
