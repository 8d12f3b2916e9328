// SPDX-License-Identifier: GPL-2.0-only
/* read() and write() of BARs and of config space. */
#include "bench.h"
#include "edu.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define TIMES 100

static char buf[64 * KIB];

static void measure(struct vfio_dev *dev, unsigned int index, uint64_t offset, size_t len,
		    bool write, const char *name)
{
	unsigned int times = len > 64 ? 4 : TIMES;
	uint64_t pos = VFIO_REGION_OFFSET(index) + offset;
	ssize_t done = len;

	/* What is written is what was there. */
	bench_must(pread(dev->fd, buf, len, pos) == done);
	bench_repeat {
		bench_begin();
		for (unsigned int n = 0; n < times && done == (ssize_t)len; n++)
			done = write ? pwrite(dev->fd, buf, len, pos) :
				       pread(dev->fd, buf, len, pos);
		bench_end(times, "%s: %s", write ? "pwrite" : "pread", name);
		bench_must(done == (ssize_t)len);
	}
}

BENCH(bar)
{
	struct vfio_dev dev;

	bench_open(&dev, NULL, &pci_edu, 0);
	measure(&dev, 0, EDU_LIVENESS, 4, false, "BAR 4 B");
	measure(&dev, 0, EDU_LIVENESS, 4, true, "BAR 4 B");
	vfio_close(&dev);

	bench_open(&dev, NULL, &pci_ivshmem, 0);
	measure(&dev, 2, 0, 64 * KIB, false, "BAR 64 KiB");
	measure(&dev, 2, 0, 64 * KIB, true, "BAR 64 KiB");
	measure(&dev, 2, 1, 64 * KIB - 1, false, "BAR 64 KiB less its first byte");
	vfio_close(&dev);
}

BENCH(config)
{
	const unsigned int config = VFIO_PCI_CONFIG_REGION_INDEX;
	struct vfio_region_info info;
	struct vfio_dev dev;
	unsigned int cap;

	bench_open(&dev, NULL, &pci_nvme, 0);
	bench_must(!vfio_region(&dev, config, &info));
	measure(&dev, config, PCI_VENDOR_ID, 4, false, "config 4 B (ids)");
	measure(&dev, config, PCI_COMMAND, 2, false, "config 2 B (COMMAND)");
	measure(&dev, config, PCI_BASE_ADDRESS_0, 4, false, "config 4 B (BAR 0)");
	measure(&dev, config, 0, info.size, false, "config whole");

	measure(&dev, config, PCI_COMMAND, 2, true, "config 2 B (COMMAND)");
	measure(&dev, config, PCI_BASE_ADDRESS_0, 4, true, "config 4 B (BAR 0)");
	measure(&dev, config, PCI_CACHE_LINE_SIZE, 1, true, "config 1 B (cache line size)");
	cap = vfio_find_cap(&dev, PCI_CAP_ID_EXP);
	bench_must(cap);
	measure(&dev, config, cap + PCI_EXP_DEVCTL, 2, true, "config 2 B (DEVCTL)");
	cap = vfio_find_cap(&dev, PCI_CAP_ID_PM);
	bench_must(cap);
	measure(&dev, config, cap + PCI_PM_CTRL, 2, true, "config 2 B (PMCSR)");
	measure(&dev, config, 0, info.size, true, "config whole");
	vfio_close(&dev);
}
