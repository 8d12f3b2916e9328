// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs as dma-bufs: which exports succeed, which importers may map them, and that every revoke
 * unmaps them.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"
#include "modules/dmaimport/dmaimport.h"

#define NVME_VS	   0x08 /* version: never 0, never changes */
#define IOVA	   0x100000
#define MAX_RANGES 4
#define GOOD	   (DMAIMPORT_P2P | DMAIMPORT_REVOCABLE)

struct export {
	struct vfio_device_feature head;
	struct vfio_device_feature_dma_buf request;
	struct vfio_region_dma_range ranges[MAX_RANGES];
};

#define GET_DMA_BUF (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF)

static int export(struct vfio_dev *dev, const struct export *how)
{
	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, how));
}

/* What most tests ask for: the first pages of BAR 0. */
static struct export wanted(unsigned int pages)
{
	struct export how = {
		.head = { .argsz = sizeof(how), .flags = GET_DMA_BUF },
		.request = { .open_flags = O_CLOEXEC, .nr_ranges = 1 },
		.ranges = { { 0, pages * PAGE } },
	};

	return how;
}

/* An importer of its own; the device that exports is also the one that would do the DMA. */
static int attach(struct vfio_dev *dev, int dmabuf, uint32_t flags, int *importer)
{
	unsigned int segment, bus, slot, function;
	struct dmaimport_attach how = { .fd = dmabuf, .flags = flags };
	int err;

	if (sscanf(dev->bdf, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4)
		return -EINVAL;
	how.segment = segment;
	how.bus = bus;
	how.devfn = slot << 3 | function;
	*importer = open("/dev/dmaimport", O_RDWR | O_CLOEXEC);
	if (*importer < 0)
		return -errno;
	err = sys(ioctl(*importer, DMAIMPORT_ATTACH, &how));
	if (err) {
		close(*importer);
		*importer = -1;
	}
	return err;
}

static int map(int importer)
{
	return sys(ioctl(importer, DMAIMPORT_MAP));
}

static struct dmaimport_status status_of(int importer)
{
	struct dmaimport_status status = { 0 };

	ioctl(importer, DMAIMPORT_STATUS, &status);
	return status;
}

/* The module is built where the kernel has what exporters need. */
#define NEED_IMPORTER(statement)                                                             \
	do {                                                                                 \
		if (module_load("dmaimport", ""))                                            \
			SKIP(statement, "this kernel cannot export BARs: use KERNEL=lab-7"); \
	} while (0)

static int can_export(struct vfio_dev *dev)
{
	struct vfio_device_feature probe = {
		.argsz = sizeof(probe),
		.flags = VFIO_DEVICE_FEATURE_PROBE | GET_DMA_BUF,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &probe));
}

/*
 * The importer must be built wherever BARs can be exported; without it the tests below are skipped.
 */
TEST(importer_where_bars_are_exported)
{
	struct vfio_dev dev;
	bool exports;

	OPEN_OR_SKIP(&dev, NULL, &pci_nvme, 0);
	exports = !can_export(&dev);
	vfio_close(&dev);
	EXPECT_EQ(exports, !module_load("dmaimport", ""));
	EXPECT_EQ(0, module_unload("dmaimport"));
}

/* An nvme, which can be reset and put to sleep, with a buffer and an importer attached to it. */
FIXTURE(dmabuf)
{
	struct vfio_dev dev;
	int fd, importer;
};

FIXTURE_SETUP(dmabuf)
{
	struct export how = wanted(2);

	self->fd = -1;
	self->importer = -1;
	NEED_IMPORTER(return);
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	ASSERT_EQ(0, can_export(&self->dev));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->fd = export(&self->dev, &how);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, attach(&self->dev, self->fd, GOOD | DMAIMPORT_SLOW, &self->importer));
}

FIXTURE_TEARDOWN(dmabuf)
{
	if (self->importer >= 0)
		close(self->importer);
	if (self->fd >= 0)
		close(self->fd);
	vfio_close(&self->dev);
	module_unload("dmaimport");
}

TEST_F(dmabuf, maps_the_bar)
{
	struct dmaimport_status status;
	uint64_t start, end, flags;
	struct export how = wanted(1);
	int fd, importer;

	ASSERT_TRUE(pci_resource(self->dev.bdf, 0, &start, &end, &flags));
	EXPECT_EQ(2 * PAGE, lseek(self->fd, 0, SEEK_END));
	ASSERT_EQ(0, map(self->importer));
	status = status_of(self->importer);
	EXPECT_EQ(start, status.addr);
	EXPECT_EQ(2 * PAGE, status.size);
	EXPECT_EQ(0, status.invalidations);

	/* Ranges come in the order asked for. */
	how.request.nr_ranges = 2;
	how.ranges[0].offset = 2 * PAGE;
	how.ranges[1].length = PAGE;
	fd = export(&self->dev, &how);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, attach(&self->dev, fd, GOOD, &importer));
	ASSERT_EQ(0, map(importer));
	status = status_of(importer);
	EXPECT_EQ(start + 2 * PAGE, status.addr);
	EXPECT_EQ(2 * PAGE, status.size);
	close(importer);
	close(fd);
}

/* Only an importer that allows peer-to-peer DMA and handles invalidation can map a BAR. */
TEST_F(dmabuf, who_may_attach)
{
	int importer;

	EXPECT_EQ(-EOPNOTSUPP, attach(&self->dev, self->fd, 0, &importer));
	EXPECT_EQ(-EOPNOTSUPP, attach(&self->dev, self->fd, DMAIMPORT_P2P, &importer));
	EXPECT_EQ(-EOPNOTSUPP, attach(&self->dev, self->fd, DMAIMPORT_REVOCABLE, &importer));
	ASSERT_EQ(0, attach(&self->dev, self->fd, GOOD, &importer));
	close(importer);
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(-ENODEV, attach(&self->dev, self->fd, GOOD, &importer));
	EXPECT_EQ(-ENODEV, map(self->importer));
}

TEST_F(dmabuf, wrong_calls)
{
	struct vfio_region_info bar0;
	struct export good = wanted(1), how;

	ASSERT_EQ(0, vfio_region(&self->dev, 0, &bar0));
#define REFUSED(error, member, value)                         \
	do {                                                  \
		how = good;                                   \
		how.member = value;                           \
		EXPECT_EQ(-(error), export(&self->dev, &how)) \
		TH_LOG("%s %s", #member, #value);             \
	} while (0)
	REFUSED(EINVAL, head.flags, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF);
	REFUSED(EINVAL, head.argsz, sizeof(how.head) + sizeof(how.request) - 1);
	REFUSED(EINVAL, request.flags, 1);
	REFUSED(EINVAL, request.nr_ranges, 0);
	REFUSED(ENODEV, request.region_index, 1); /* the upper half of BAR 0 */
	REFUSED(ENODEV, request.region_index, VFIO_PCI_ROM_REGION_INDEX);
	REFUSED(ENODEV, request.region_index, VFIO_PCI_CONFIG_REGION_INDEX);
	REFUSED(ENODEV, request.region_index, 1U << 31);
	REFUSED(EINVAL, ranges[0].length, 0);
	REFUSED(EINVAL, ranges[0].length, 1);
	REFUSED(EINVAL, ranges[0].offset, 1);
	REFUSED(EINVAL, ranges[0].length, bar0.size + PAGE);
	REFUSED(EINVAL, ranges[0].offset, bar0.size);
	REFUSED(EOVERFLOW, ranges[0].offset, -PAGE);
	REFUSED(EINVAL, ranges[0].length, 1ULL << 63);
	how = good;
	how.request.nr_ranges = 2;
	how.ranges[0].length = 1ULL << 63;
	how.ranges[1].length = 1ULL << 63;
	EXPECT_EQ(-EINVAL, export(&self->dev, &how));
	how.request.nr_ranges = UINT32_MAX;
	EXPECT_GT(0, export(&self->dev, &how));
}

TEST_F(dmabuf, ranges_beyond_memory)
{
	struct export how = wanted(1);
	size_t fixed = offsetof(struct export, ranges);
	char *page;

	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	memcpy(page + PAGE - fixed, &how, fixed);
	EXPECT_EQ(-EFAULT, export(&self->dev, (void *)(page + PAGE - fixed)));
}

/* A BAR of I/O ports is there, but no peer can reach it. */
TEST(not_an_io_bar)
{
	struct export how = wanted(1);
	struct vfio_dev dev;

	NEED_IMPORTER(return);
	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	ASSERT_EQ(0, can_export(&dev));
	how.request.region_index = 2;
	EXPECT_EQ(-EINVAL, export(&dev, &how));
	vfio_close(&dev);
	EXPECT_EQ(0, module_unload("dmaimport"));
}

/* Each returns 0, and leaves the device accessible or not. */
static int event_reset(struct vfio_dev *dev)
{
	return sys(ioctl(dev->fd, VFIO_DEVICE_RESET));
}

static int event_flr(struct vfio_dev *dev)
{
	unsigned int control = vfio_find_cap(dev, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;

	vfio_config_write(dev, control, 2,
			  vfio_config_read(dev, control, 2) | PCI_EXP_DEVCTL_BCR_FLR);
	return 0;
}

static int event_decode_off(struct vfio_dev *dev)
{
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	return 0;
}

static int event_decode_on(struct vfio_dev *dev)
{
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
	return 0;
}

static int event_d3hot(struct vfio_dev *dev)
{
	vfio_config_write(dev, vfio_find_cap(dev, PCI_CAP_ID_PM) + PCI_PM_CTRL, 2, 3);
	return 0;
}

static int event_d0(struct vfio_dev *dev)
{
	vfio_config_write(dev, vfio_find_cap(dev, PCI_CAP_ID_PM) + PCI_PM_CTRL, 2, 0);
	event_decode_on(dev);
	return 0;
}

static int event_low_power(struct vfio_dev *dev)
{
	struct {
		struct vfio_device_feature head;
		struct vfio_device_low_power_entry_with_wakeup entry;
	} buf = { .head = { .argsz = sizeof(buf.head),
			    .flags = VFIO_DEVICE_FEATURE_SET |
				     VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY } };

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &buf));
}

static int event_low_power_exit(struct vfio_dev *dev)
{
	struct vfio_device_feature exit = {
		.argsz = sizeof(exit),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &exit));
}

static const struct event {
	const char *name;
	int (*act)(struct vfio_dev *dev);
	int (*undo)(struct vfio_dev *dev); /* NULL: the device is accessible again by itself */
} events[] = {
	{ "VFIO_DEVICE_RESET", event_reset, NULL },
	{ "FLR", event_flr, NULL },
	{ "decode off", event_decode_off, event_decode_on },
	{ "D3hot", event_d3hot, event_d0 },
	{ "low power", event_low_power, event_low_power_exit },
};

/* The revoke does not complete before a slow importer has unmapped. */
TEST_F(dmabuf, revoked_by)
{
	for (unsigned int i = 0; i < sizeof(events) / sizeof(*events); i++) {
		const struct event *event = &events[i];
		struct dmaimport_status before, after;
		double start;

		ASSERT_EQ(0, map(self->importer)) TH_LOG("before %s", event->name);
		before = status_of(self->importer);
		start = test_now();
		EXPECT_EQ(0, event->act(&self->dev)) TH_LOG("%s", event->name);
		EXPECT_LE(DMAIMPORT_DELAY - 20, (test_now() - start) * 1000)
			TH_LOG("%s", event->name);
		after = status_of(self->importer);
		EXPECT_EQ(0, after.size) TH_LOG("%s", event->name);
		EXPECT_LT(before.invalidations, after.invalidations) TH_LOG("%s", event->name);
		if (event->undo) {
			EXPECT_EQ(-ENODEV, map(self->importer)) TH_LOG("%s", event->name);
			EXPECT_EQ(0, event->undo(&self->dev)) TH_LOG("%s", event->name);
		}
	}
	EXPECT_EQ(0, map(self->importer));
}

/* In low power the buffer stays revoked until low power ends. */
TEST_F(dmabuf, not_given_back_in_low_power)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own core gives it back");
	ASSERT_EQ(0, event_low_power(&self->dev));
	event_decode_on(&self->dev);
	EXPECT_EQ(-ENODEV, map(self->importer));
	ASSERT_EQ(0, event_low_power_exit(&self->dev));
	EXPECT_EQ(0, map(self->importer));
}

/* The buffer outlives the device's file, but stays revoked and does not pin the device. */
TEST_F(dmabuf, revoked_by_close)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	ASSERT_EQ(0, map(self->importer));
	vfio_close(&self->dev);
	EXPECT_EQ(0, status_of(self->importer).size);
	EXPECT_EQ(-ENODEV, map(self->importer));
	ASSERT_EQ(0, vfio_open(&self->dev, NULL, bdf));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(-ENODEV, map(self->importer));
	vfio_close(&self->dev);
	EXPECT_EQ(0, pci_unbind(bdf));
	EXPECT_EQ(-ENODEV, map(self->importer));
	EXPECT_EQ(0, pci_bind(bdf, vfio_driver()));
}

/* Made while decode is off it is born revoked. */
TEST_F(dmabuf, born_revoked)
{
	struct export how = wanted(1);
	int fd, importer;

	event_decode_off(&self->dev);
	fd = export(&self->dev, &how);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENODEV, attach(&self->dev, fd, GOOD, &importer));
	event_decode_on(&self->dev);
	ASSERT_EQ(0, attach(&self->dev, fd, GOOD, &importer));
	EXPECT_EQ(0, map(importer));
	close(importer);
	close(fd);
}

/* What edu reads by DMA from the nvme's first registers, over a buffer; 0 when it cannot. */
static uint32_t version_by_dma(void *edu, volatile uint32_t *memory)
{
	memory[NVME_VS / 4] = 0;
	if (!edu_dma(edu, IOVA, EDU_DMA_BUFFER, 64, false) ||
	    !edu_dma(edu, EDU_DMA_BUFFER, IOVA + PAGE, 64, false))
		return 0;
	return memory[NVME_VS / 4];
}

/* From device to device. For iommufd a revoke is final, so the buffer has to be mapped again. */
TEST_F(dmabuf, iommufd)
{
	bool ours = strcmp(vfio_driver(), "vfio-pci");
	struct iommufd_ioas_map_file how = {
		.size = sizeof(how),
		.flags = IOMMUFD_MAP_FIXED_RW,
		.fd = self->fd,
		.length = PAGE,
		.iova = IOVA,
	};
	uint32_t version, *memory;
	struct vfio_iommu iommu;
	struct vfio_dev edu;
	char bdf[BDF_LEN];
	void *bar;

	if (vfio_noiommu())
		SKIP(return, "there is no IOMMU here: leave FLAVOR=noiommu away");
	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(4, pread(self->dev.fd, &version, 4, NVME_VS));
	ASSERT_NE(0, version);
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, vfio_iommu_open_as(&iommu, "iommufd"));
	ASSERT_EQ(0, vfio_dma_map(&iommu, memory, IOVA + PAGE, PAGE));
	ASSERT_EQ(0, vfio_open(&edu, &iommu, bdf));
	vfio_set_command(&edu, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	bar = vfio_mmap(&edu, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);

	how.ioas_id = iommu.ioas;
	if (ours) {
		EXPECT_EQ(-EOPNOTSUPP, sys(ioctl(iommu.fd, IOMMUFD_IOAS_MAP_FILE, &how)));
		ASSERT_EQ(0, module_unload("vfio-pci"));
		ASSERT_EQ(0, module_unload("vfio-pci-core"));
		ASSERT_EQ(0, module_load("vfio-pci-sdk-iommufd", ""));
	}
	ASSERT_EQ(0, sys(ioctl(iommu.fd, IOMMUFD_IOAS_MAP_FILE, &how)));
	EXPECT_EQ(version, version_by_dma(bar, memory));
	/* edu's buffer must not answer for the nvme. */
	memset(memory, 0, PAGE);
	ASSERT_TRUE(edu_dma(bar, IOVA + PAGE, EDU_DMA_BUFFER, 64, false));
	event_decode_off(&self->dev);
	EXPECT_NE(version, version_by_dma(bar, memory));
	event_decode_on(&self->dev);
	EXPECT_NE(version, version_by_dma(bar, memory));
	ASSERT_EQ(0, vfio_dma_unmap(&iommu, IOVA, PAGE));
	ASSERT_EQ(0, sys(ioctl(iommu.fd, IOMMUFD_IOAS_MAP_FILE, &how)));
	EXPECT_EQ(version, version_by_dma(bar, memory));
	if (ours)
		EXPECT_EQ(0, module_unload("vfio-pci-sdk-iommufd"));
	vfio_close(&edu);
	vfio_iommu_close(&iommu);
}

/* Hot reset: both functions of the slot are taken away. */
TEST(revoked_by_hot_reset)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd[2];
	} reset = { .reset.argsz = sizeof(reset) };
	int fd[2], importer[2];
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	char bdf[2][BDF_LEN];

	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	NEED_IMPORTER(return);
	ASSERT_EQ(0, pci_bind(bdf[1], vfio_driver()));
	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	for (int i = 0; i < 2; i++) {
		struct export how = wanted(1);

		ASSERT_EQ(0, vfio_open(&dev[i], &iommu, bdf[i]));
		ASSERT_EQ(0, can_export(&dev[i]));
		vfio_set_command(&dev[i], 0, PCI_COMMAND_MEMORY);
		fd[i] = export(&dev[i], &how);
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, attach(&dev[i], fd[i], GOOD | DMAIMPORT_SLOW, &importer[i]));
		ASSERT_EQ(0, map(importer[i]));
	}
	for (unsigned int i = 0; i < iommu.ngroups; i++)
		reset.fd[reset.reset.count++] = iommu.group[i].fd;
	ASSERT_EQ(0, sys(ioctl(dev[0].fd, VFIO_DEVICE_PCI_HOT_RESET, &reset)));
	for (int i = 0; i < 2; i++) {
		struct dmaimport_status status = status_of(importer[i]);

		EXPECT_EQ(0, status.size) TH_LOG("function %d", i);
		EXPECT_LT(0, status.invalidations) TH_LOG("function %d", i);
		EXPECT_EQ(0, map(importer[i])) TH_LOG("function %d", i);
	}
	/* An importer that is still there when the device closes. */
	for (int i = 0; i < 2; i++) {
		vfio_close(&dev[i]);
		EXPECT_EQ(-ENODEV, map(importer[i])) TH_LOG("function %d", i);
		close(importer[i]);
		close(fd[i]);
	}
	vfio_iommu_close(&iommu);
	EXPECT_EQ(0, module_unload("dmaimport"));
}

TEST_HARNESS_MAIN
