// SPDX-License-Identifier: GPL-2.0-only
/* Resets of one device and of many; each takes mappings away, which is part of the price. */
#include <sys/ioctl.h>

#include "bench.h"
#include "edu.h"
#include "mem.h"

const char *const bench_drivers[] = { "vfio-pci", "vfio-pci-sdk", NULL };

#define SET_MAX 8

/* A reset sleeps for 100 ms: only instructions of the caller count. */
BENCH(function)
{
	const size_t len = 16 * KIB; /* BAR 0 */
	struct vfio_dev dev;
	char *map;

	bench_open(&dev, NULL, &pci_nvme, 0);
	map = bench_map(&dev, 0, 0, len, 2 * MIB, 0);
	bench_repeat_sleeper {
		bench_touch(map, len, PAGE);
		bench_begin_cpu();
		bench_must(!ioctl(dev.fd, VFIO_DEVICE_RESET));
		bench_end_cpu(1, "reset: function with 16 KiB mapped");
	}
	vfio_close(&dev);
}

/* The edus of the first slot that has just so many. Returns false when there is none. */
static bool find_set(unsigned int wanted, char bdfs[SET_MAX][BDF_LEN])
{
	unsigned int n = 0, found = 0;
	char bdf[BDF_LEN];

	while (!pci_find(&pci_edu, n++, bdf)) {
		bool same = found && !strncmp(bdf, bdfs[0], strlen("0000:00:00."));

		/* Those of the root bus do not reset by bus. */
		if (!strncmp(bdf, "0000:00:", strlen("0000:00:")))
			continue;
		if (found == wanted && !same)
			return true;
		if (!same)
			found = 0;
		if (found < SET_MAX)
			memcpy(bdfs[found], bdf, sizeof(bdf));
		found++;
	}
	return found == wanted;
}

static void hot_reset(struct vfio_iommu *iommu, struct vfio_dev *dev, unsigned int count)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int32_t groups[VFIO_MAX_GROUPS];
	} hot = { .reset.argsz = sizeof(hot), .reset.count = iommu->ngroups };

	for (unsigned int i = 0; i < iommu->ngroups; i++)
		hot.groups[i] = iommu->group[i].fd;
	bench_begin_cpu();
	bench_must(!ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &hot));
	bench_end_cpu(1, "hot reset: %u devices with 1 MiB mapped each", count);
}

BENCH(set)
{
	for (unsigned int count = 1; count <= SET_MAX; count *= 2) {
		struct vfio_dev dev[SET_MAX];
		char bdfs[SET_MAX][BDF_LEN];
		struct vfio_iommu iommu;
		char *map[SET_MAX];

		bench_must(find_set(count, bdfs));
		for (unsigned int i = 0; i < count; i++)
			bench_must(!pci_bind(bdfs[i], vfio_driver()));
		bench_must(!vfio_iommu_open(&iommu));
		for (unsigned int i = 0; i < count; i++) {
			bench_must(!vfio_open_bound(&dev[i], &iommu, bdfs[i]));
			map[i] = bench_map(&dev[i], 0, 0, EDU_BAR_SIZE, 2 * MIB, 0);
		}
		bench_repeat_sleeper {
			for (unsigned int d = 0; d < count; d++)
				bench_touch(map[d], EDU_BAR_SIZE, PAGE);
			hot_reset(&iommu, &dev[0], count);
		}
		for (unsigned int i = 0; i < count; i++) {
			bench_unmap(map[i], EDU_BAR_SIZE);
			vfio_close(&dev[i]);
		}
		vfio_iommu_close(&iommu);
	}
}
