// SPDX-License-Identifier: GPL-2.0-only
/* The core's tracepoints: what is done to a device comes out of tracefs, with its values. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "memtype.h"

#define TRACING "/sys/kernel/debug/tracing"
#define ENABLE	TRACING "/events/vfio_pci_sdk/enable"
#define RW	(PROT_READ | PROT_WRITE)

#define NVME_IRQS 3

static int tracing_begin(void)
{
	int err = write_file(ENABLE, "1");

	close(open(TRACING "/trace", O_WRONLY | O_TRUNC));
	return err;
}

static void tracing_end(void)
{
	write_file(ENABLE, "0");
}

/*
 * What the @n-th event of that name and device (0 is the first) says after the name of the device,
 * or NULL. Overwritten by the next call.
 */
static const char *event(const char *name, const char *bdf, unsigned int n)
{
	static char line[512];
	char begin[64];
	const char *found = NULL;
	FILE *trace = fopen(TRACING "/trace", "r");

	if (!trace)
		return NULL;
	snprintf(begin, sizeof(begin), " vfio_pci_%s: %s ", name, bdf);
	while (!found && fgets(line, sizeof(line), trace)) {
		char *at = strstr(line, begin);

		line[strcspn(line, "\n")] = '\0';
		if (at && !n--)
			found = at + strlen(begin);
	}
	fclose(trace);
	return found;
}

/* The first event of that name and device that has that text, or NULL. */
static const char *event_with(const char *name, const char *bdf, const char *text)
{
	const char *said;

	for (unsigned int n = 0; (said = event(name, bdf, n)); n++)
		if (strstr(said, text))
			return said;
	return NULL;
}

#define EXPECT_EVENT(name, bdf, text)                                       \
	do {                                                                \
		const char *__said = event_with(name, bdf, text);           \
		EXPECT_NE(NULL, __said)                                     \
		TH_LOG("no %s of %s says \"%s\"; the first says \"%s\"", name, bdf, text, \
		       event(name, bdf, 0) ?: "nothing");                   \
	} while (0)

#define NEED_TRACEPOINTS()                                                                      \
	do {                                                                                    \
		if (!strcmp(vfio_driver(), "vfio-pci"))                                         \
			SKIP(return, "the kernel's own driver has no such tracepoints: set "    \
				     "VFIO_DRIVER=vfio-pci-sdk");                               \
	} while (0)

FIXTURE(traced)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_VARIANT(traced)
{
	const struct pci_id *id;
};

FIXTURE_VARIANT_ADD(traced, edu) { .id = &pci_edu };
FIXTURE_VARIANT_ADD(traced, nvme) { .id = &pci_nvme };

FIXTURE_SETUP(traced)
{
	NEED_TRACEPOINTS();
	if (pci_find(variant->id, 0, self->bdf))
		SKIP_NO_DEVICE(return, variant->id);
	ASSERT_EQ(0, pci_bind(self->bdf, vfio_driver()));
	ASSERT_EQ(0, tracing_begin());
	ASSERT_EQ(0, vfio_open(&self->dev, NULL, self->bdf));
}

FIXTURE_TEARDOWN(traced)
{
	tracing_end();
	vfio_close(&self->dev);
}

static bool has_reset(struct vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info) && info.flags & VFIO_DEVICE_FLAGS_RESET;
}

TEST_F(traced, open_and_close)
{
	bool reset = has_reset(&self->dev);

	EXPECT_STREQ("ret=0", event("open", self->bdf, 0));
	EXPECT_EQ(NULL, event("close", self->bdf, 0));
	vfio_close(&self->dev);
	EXPECT_STREQ(reset ? "needs_reset=0" : "needs_reset=1", event("close", self->bdf, 0));
	if (reset) {
		EXPECT_STREQ("how=open ret=0", event("reset", self->bdf, 0));
		EXPECT_STREQ("how=close ret=0", event("reset", self->bdf, 1));
	}
}

/* Switched off they say nothing. */
TEST_F(traced, nothing_when_off)
{
	tracing_end();
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC));
	vfio_close(&self->dev);
	EXPECT_EQ(NULL, event("close", self->bdf, 0));
}

TEST_F(traced, fault_has_place_and_window)
{
	uint64_t address, offset, start, end, page = 3 * PAGE;
	unsigned int bar, order;
	int n;
	char kind[8], result[16];
	const char *said;
	char *map;

	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	map = vfio_mmap(&self->dev, 0, PAGE, 3 * PAGE, RW);
	ASSERT_NE(MAP_FAILED, map);
	/* The third page of the mapping is the fourth of the BAR. */
	ASSERT_TRUE(try_read32(map + 2 * PAGE + 8, NULL));
	said = event("fault", self->bdf, 0);
	ASSERT_NE(NULL, said);
	n = sscanf(said,
		   "BAR %u+%" SCNx64 " address=%" SCNx64 " %7s order=%u window=%" SCNx64
		   "-%" SCNx64 " ret=%15s",
		   &bar, &offset, &address, kind, &order, &start, &end, result);
	ASSERT_EQ(8, n) TH_LOG("%s", said);
	EXPECT_EQ(0, bar);
	EXPECT_EQ(page, offset);
	EXPECT_EQ((uintptr_t)map + 2 * PAGE, address & ~(PAGE - 1));
	EXPECT_STREQ("read", kind);
	EXPECT_EQ(0, order);
	/* Clamped to the mapping, and the page is in it. */
	EXPECT_LE((uintptr_t)map, start);
	EXPECT_LE(start, (uintptr_t)map + 2 * PAGE);
	EXPECT_EQ((uintptr_t)map + 3 * PAGE, end);
	EXPECT_STREQ("NOPAGE", result);
	munmap(map, 3 * PAGE);
}

TEST_F(traced, fault_without_decode_is_sigbus)
{
	char *map = vfio_mmap(&self->dev, 0, 0, PAGE, RW);

	ASSERT_NE(MAP_FAILED, map);
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	ASSERT_FALSE(try_write32(map, 0));
	EXPECT_EVENT("fault", self->bdf, " write order=0 ");
	EXPECT_EVENT("fault", self->bdf, " ret=SIGBUS");
	munmap(map, PAGE);
}

TEST_F(traced, command_revokes_and_restores)
{
	unsigned long long region, offset, len, ns;
	const char *said;
	int n;

	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	ASSERT_EQ(0, tracing_begin());
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EVENT("revoke", self->bdf, "why=config_");
	EXPECT_STREQ("accessible=0", event("restore", self->bdf, 0));
	said = event("zap", self->bdf, 0);
	ASSERT_NE(NULL, said);
	EXPECT_NE(NULL, strstr(said, " why=config_"));
	n = sscanf(said, "region=%llu+%llx len=%llx ns=%llu", &region, &offset, &len, &ns);
	ASSERT_EQ(4, n) TH_LOG("%s", said);
	EXPECT_EQ(0, region);
	EXPECT_EQ(0, offset);
	EXPECT_EQ(VFIO_REGION_OFFSET(6), len);
	EXPECT_LT(0, ns);
	EXPECT_LT(ns, 10000000000ULL);

	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_STREQ("accessible=1", event("restore", self->bdf, 1));
}

static int one_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

FIXTURE(trace_edu)
{
	struct vfio_dev dev;
	void *bar;
	int event;
};

FIXTURE_SETUP(trace_edu)
{
	NEED_TRACEPOINTS();
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ASSERT_EQ(0, tracing_begin());
	self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, RW);
	ASSERT_NE(MAP_FAILED, self->bar);
	edu_write(self->bar, EDU_IRQ_ACK, UINT32_MAX);
	self->event = one_eventfd();
}

FIXTURE_TEARDOWN(trace_edu)
{
	tracing_end();
	if (self->bar && self->bar != MAP_FAILED)
		munmap(self->bar, EDU_BAR_SIZE);
	vfio_close(&self->dev);
}

/* A BAR without a declaration is one uncached segment, mapped at its first use. */
TEST_F(trace_edu, first_use_asks_for_uncached)
{
	EXPECT_STREQ("BAR 0+0x0 len=0x100000 asked=UC granted=UC ret=0",
		     event("memtype", self->dev.bdf, 0));
	EXPECT_EQ(NULL, event("memtype", self->dev.bdf, 1));
}

TEST_F(trace_edu, msi_arrives)
{
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &self->event));
	EXPECT_EQ(NULL, event("irq", self->dev.bdf, 0));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	ASSERT_TRUE(eventfd_wait(self->event, SOON, NULL));
	EXPECT_STREQ("MSI vector=0 signalled=1", event("irq", self->dev.bdf, 0));
	edu_write(self->bar, EDU_IRQ_ACK, 1);
}

TEST_F(trace_edu, intx_is_masked_until_unmasked)
{
	const uint32_t unmask = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
	const char *bdf = self->dev.bdf;

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &self->event));
	edu_write(self->bar, EDU_IRQ_RAISE, 1);
	ASSERT_TRUE(eventfd_wait(self->event, SOON, NULL));
	EXPECT_STREQ("INTx vector=0 signalled=1", event("irq", bdf, 0));
	EXPECT_EVENT("intx_masked", bdf, "masked=1 why=intx_handler");
	edu_write(self->bar, EDU_IRQ_ACK, 1);
	ASSERT_EQ(0, vfio_set_irqs(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, unmask, 0, 1, NULL, 0));
	EXPECT_STREQ("INTx none|unmask vectors=0+1 ret=0", event("irq_set", bdf, 1));
	EXPECT_EVENT("intx_masked", bdf, "masked=0 why=");
}

static void *unbind(void *bdf)
{
	return (void *)(intptr_t)pci_unbind(bdf);
}

/* Why an unbind hangs: user space has been asked, by its eventfd, and has not closed yet. */
TEST_F(trace_edu, unbind_asks)
{
	char bdf[BDF_LEN];
	pthread_t thread;
	void *ret;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &self->event));
	EXPECT_STREQ("request eventfd|trigger vectors=0+1 ret=0", event("irq_set", bdf, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, unbind, bdf));
	EXPECT_TRUE(eventfd_wait(self->event, SOON, NULL));
	EXPECT_STREQ("count=0 asked=1", event("request", bdf, 0));
	EXPECT_EQ(NULL, event("close", bdf, 0));
	munmap(self->bar, EDU_BAR_SIZE);
	self->bar = NULL;
	vfio_close(&self->dev);
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(NULL, ret);
	EXPECT_NE(NULL, event("close", bdf, 0));
}

#define IV_POSITION 8
#define IV_DOORBELL 12
#define IV_VECTORS  4

/* Which of several vectors it was: one of two ivshmem-doorbell rings the other. */
TEST(vector_of_msix)
{
	int fd[IV_VECTORS];
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	char bdf[2][BDF_LEN];
	uint32_t value;

	NEED_TRACEPOINTS();
	if (pci_find(&pci_ivshmem, 1, bdf[0]) || pci_find(&pci_ivshmem, 2, bdf[1]))
		SKIP(return, "no two ivshmem-doorbell: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vfio_open(&dev[i], &iommu, bdf[i]));
		vfio_set_command(&dev[i], 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	}
	for (int i = 0; i < IV_VECTORS; i++)
		fd[i] = one_eventfd();
	EXPECT_EQ(0, vfio_set_eventfds(&dev[1], VFIO_PCI_MSIX_IRQ_INDEX, 0, IV_VECTORS, fd));
	EXPECT_EQ(0, tracing_begin());
	EXPECT_EQ(4, pread(dev[1].fd, &value, 4, IV_POSITION));
	value = value << 16 | 2;
	EXPECT_EQ(4, pwrite(dev[0].fd, &value, 4, IV_DOORBELL));
	EXPECT_TRUE(eventfd_wait(fd[2], SOON, NULL));
	tracing_end();
	EXPECT_STREQ("MSI-X vector=2 signalled=1", event("irq", bdf[1], 0));
	EXPECT_EQ(NULL, event("irq", bdf[0], 0));
	for (int i = 0; i < 2; i++)
		vfio_close(&dev[i]);
	vfio_iommu_close(&iommu);
}

FIXTURE(trace_nvme)
{
	struct vfio_dev dev;
};

FIXTURE_SETUP(trace_nvme)
{
	NEED_TRACEPOINTS();
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	ASSERT_EQ(0, tracing_begin());
}

FIXTURE_TEARDOWN(trace_nvme)
{
	tracing_end();
	vfio_close(&self->dev);
}

TEST_F(trace_nvme, irqs_set)
{
	const char *bdf = self->dev.bdf;
	int fds[NVME_IRQS];

	for (int i = 0; i < NVME_IRQS; i++)
		fds[i] = one_eventfd();
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, NVME_IRQS, fds));
	EXPECT_STREQ("MSI-X eventfd|trigger vectors=0+3 ret=0", event("irq_set", bdf, 0));
	/* Only one kind at a time. */
	ASSERT_EQ(-EINVAL, vfio_set_eventfds(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, fds));
	EXPECT_STREQ("INTx eventfd|trigger vectors=0+1 ret=-22", event("irq_set", bdf, 1));
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, VFIO_PCI_MSIX_IRQ_INDEX));
	EXPECT_STREQ("MSI-X none|trigger vectors=0+0 ret=0", event("irq_set", bdf, 2));
}

TEST_F(trace_nvme, reset_on_request)
{
	const char *bdf = self->dev.bdf;

	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	EXPECT_EVENT("revoke", bdf, "vfio_pci_core_reset_function");
	EXPECT_EVENT("zap", bdf, "vfio_pci_core_reset_function");
	EXPECT_STREQ("how=function ret=0", event("reset", bdf, 0));
	EXPECT_NE(NULL, event("restore", bdf, 0));
	/* Once. */
	EXPECT_EQ(NULL, event("revoke", bdf, 1));
	EXPECT_EQ(NULL, event("reset", bdf, 1));
}

TEST_F(trace_nvme, reset_by_the_administrator)
{
	const char *bdf = self->dev.bdf;

	ASSERT_EQ(0, pci_write_attr(bdf, "reset", "1"));
	EXPECT_EVENT("revoke", bdf, "vfio_pci_core_reset_prepare");
	EXPECT_STREQ("how=external ret=0", event("reset", bdf, 0));
}

TEST_F(trace_nvme, power_states)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);

	if (!pm)
		SKIP(return, "this nvme has no power management: use QEMU 7.1 or newer");
	vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_STREQ("D0 -> D3 ret=0", event("power_state", self->dev.bdf, 0));
	EXPECT_EVENT("revoke", self->dev.bdf, "why=vfio_pci_user_power_state");
	EXPECT_STREQ("accessible=0", event("restore", self->dev.bdf, 0));
	vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 0);
	EXPECT_STREQ("D3 -> D0 ret=0", event("power_state", self->dev.bdf, 1));
}

static int feature(struct vfio_dev *dev, uint32_t feature)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg), .flags = feature | VFIO_DEVICE_FEATURE_SET,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg));
}

TEST_F(trace_nvme, low_power)
{
	const char *bdf = self->dev.bdf;

	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_STREQ("entry ret=0", event("low_power", bdf, 0));
	ASSERT_TRUE(pci_power_becomes(bdf, "suspended"));
	EXPECT_STREQ("suspend ret=0", event("low_power", bdf, 1));
	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_STREQ("resume ret=0", event("low_power", bdf, 2));
	EXPECT_STREQ("exit ret=0", event("low_power", bdf, 3));
}

/* Two functions of one slot: each is revoked, and one reset serves both. */
TEST(hot_reset)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int32_t groups[VFIO_MAX_GROUPS];
	} hot = { .reset.argsz = sizeof(hot) };
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	char bdf[2][BDF_LEN];

	NEED_TRACEPOINTS();
	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pci_bind(bdf[i], vfio_driver()));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, vfio_open_bound(&dev[i], &iommu, bdf[i]));
	hot.reset.count = iommu.ngroups;
	for (unsigned int i = 0; i < iommu.ngroups; i++)
		hot.groups[i] = iommu.group[i].fd;
	EXPECT_EQ(0, tracing_begin());
	EXPECT_EQ(0, sys(ioctl(dev[0].fd, VFIO_DEVICE_PCI_HOT_RESET, &hot)));
	tracing_end();
	for (int i = 0; i < 2; i++)
		EXPECT_EVENT("revoke", bdf[i], "why=hot_reset_");
	EXPECT_EQ(1, !!event_with("reset", bdf[0], "how=bus ret=0") +
		     !!event_with("reset", bdf[1], "how=bus ret=0"));
	for (int i = 0; i < 2; i++)
		vfio_close(&dev[i]);
	vfio_iommu_close(&iommu);
}

/* What a driver declares, and what it gets where somebody else maps the BAR otherwise. */
TEST(memtype_asked_and_granted)
{
	char path[64], bdf[BDF_LEN];
	struct vfio_dev dev;
	void *other;
	int fd;

	NEED_TRACEPOINTS();
	NEED_PAT();
	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, memtype_load("", bdf));
	ASSERT_EQ(0, tracing_begin());
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	tracing_end();
	EXPECT_STREQ("BAR 2+0x0 len=0x8000000 asked=WC granted=WC ret=0", event("memtype", bdf, 0));
	vfio_close(&dev);

	if (!memtype_tracked())
		return;
	ASSERT_EQ(0, pci_unbind(bdf));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", bdf);
	fd = open(path, O_RDWR);
	ASSERT_LE(0, fd);
	other = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, other);
	ASSERT_EQ(0, memtype_load("", bdf));
	ASSERT_EQ(0, tracing_begin());
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	tracing_end();
	/* Whether such a mapping is in the way depends on the kernel: see the sample's test. */
	snprintf(path, sizeof(path), "asked=WC granted=%s ret=0",
		 strstr(memtype_granted(&dev, 2), "refused") ? "UC" : "WC");
	EXPECT_EVENT("memtype", bdf, path);
	vfio_close(&dev);
	munmap(other, PAGE);
	close(fd);
}

TEST_HARNESS_MAIN
