// SPDX-License-Identifier: GPL-2.0-only
/*
 * No memory: of the allocations that a call makes, the kernel lets the first one fail, then the
 * second one, and so on until the call got through without. Each time the call must end in ENOMEM,
 * or do without; what it leaves behind would be in the way of the next one, or be seen here or by
 * the gates.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "variant.h"

#define MANY	    2000 /* allocations are more than any of these calls makes */
#define MAX_SYMBOLS 200000

/* Linux kernel ("vfio/pci: Add dma-buf export support for MMIO regions") (in v6.19) */
#define FEATURE_GET_DMA_BUF (VFIO_DEVICE_FEATURE_GET | 11)

struct dma_buf_range {
	struct vfio_device_feature head;
	uint32_t region_index, open_flags, flags, nr_ranges;
	uint64_t offset, length;
};

/*
 * What a call may be made with. It is one system call and nothing else: the file tells, of all that
 * this thread does, which allocation fails.
 */
struct call {
	struct vfio_dev *dev;
	char bdf[BDF_LEN];
	int (*make)(struct call *call);
	void (*undo)(struct call *call);
	struct vfio_iommu *iommu;
	int fd;
	int other_errno; /* beside -ENOMEM */
	void *map;
	char buf[128];
};

/* The kernel's switches that would spare the allocations of drivers. */
static const char *const spared[][2] = {
	{ "failslab/ignore-gfp-wait", "N" },
	{ "fail_page_alloc/ignore-gfp-wait", "N" },
	{ "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ "fail_page_alloc/min-order", "0" },
	{ "fail_page_alloc/verbose", "0" },
};

static int fail_nth = -1;

/*
 * Where the kernel itself does not get along without memory: allocations below that function, whose
 * text ends where the next symbol's begins, are spared.
 */
static bool spare(const char *name)
{
	static unsigned long long at[MAX_SYMBOLS];
	unsigned long long start = 0, end = ~0ULL;
	FILE *file = fopen("/proc/kallsyms", "r");
	size_t len = strlen(name), n = 0;
	char text[32], line[512];

	/* "ADDRESS TYPE NAME", and behind a tab the module */
	while (file && n < MAX_SYMBOLS && fgets(line, sizeof(line), file)) {
		char *symbol;

		at[n] = strtoull(line, &symbol, 16);
		symbol += 3;
		if (!strncmp(symbol, name, len) && strchr("\t\n", symbol[len]))
			start = at[n];
		n++;
	}
	if (file)
		fclose(file);
	while (n--)
		if (at[n] > start && at[n] < end)
			end = at[n];
	snprintf(text, sizeof(text), "%#llx", start);
	if (!start || write_file("/sys/kernel/debug/failslab/reject-start", text) ||
	    write_file("/sys/kernel/debug/fail_page_alloc/reject-start", text))
		return false;
	snprintf(text, sizeof(text), "%#llx", end);
	return !write_file("/sys/kernel/debug/failslab/reject-end", text) &&
	       !write_file("/sys/kernel/debug/fail_page_alloc/reject-end", text);
}

static bool can_inject(void)
{
	char path[128];

	fail_nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	for (unsigned int i = 0; i < sizeof(spared) / sizeof(*spared); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", spared[i][0]);
		if (write_file(path, spared[i][1]))
			return false;
	}
	return fail_nth >= 0;
}

/* Count the lines of a file with a word: leaks of a call that the kernel shows there. */
static const struct {
	const char *path, *word;
} places[] = {
	{ "/proc/iomem", "vfio" },
	{ "/proc/interrupts", "vfio" },
	{ "/proc/vmallocinfo", "ioremap" },
	{ "/sys/kernel/debug/x86/pat_memtype_list", "" },
};
#define PLACES (sizeof(places) / sizeof(*places))

static void look_around(int seen[PLACES])
{
	char line[512];

	for (unsigned int i = 0; i < PLACES; i++) {
		FILE *file = fopen(places[i].path, "r");

		seen[i] = 0;
		while (file && fgets(line, sizeof(line), file))
			seen[i] += !!strstr(line, places[i].word);
		if (file)
			fclose(file);
	}
}

static bool set_nth(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	return pwrite(fail_nth, text, len, 0) == len;
}

/* True when the allocation to fail did; false when there were not that many. */
static bool has_failed(void)
{
	char text[16] = "";

	return pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
}

static void walk(struct __test_metadata *_metadata, const char *name, struct call *call)
{
	int before[PLACES], after[PLACES], nth, ret, refused = 0;
	bool failed = true;

	look_around(before);
	for (nth = 1; failed && nth <= MANY; nth++) {
		ASSERT_TRUE(set_nth(nth));
		ret = call->make(call);
		failed = has_failed();
		ASSERT_TRUE(set_nth(0));
		if (ret >= 0 && call->undo)
			call->undo(call);
		if (!failed) {
			EXPECT_LE(0, ret) TH_LOG("%s, without any failing", name);
		} else if (ret < 0 && ret != call->other_errno) {
			EXPECT_EQ(-ENOMEM, ret) TH_LOG("%s, allocation %d failing", name, nth);
		}
		refused += failed && ret < 0;
	}
	EXPECT_FALSE(failed) TH_LOG("%s makes more than %d allocations", name, MANY);
	EXPECT_LT(0, refused) TH_LOG("%s: none of %d allocations mattered", name, nth - 2);
	TH_LOG("%s: %d allocations, %d of them refused the call", name, nth - 2, refused);
	look_around(after);
	for (unsigned int i = 0; i < PLACES; i++) {
		EXPECT_EQ(before[i], after[i]) TH_LOG("%s: see %s", name, places[i].path);
	}
}

FIXTURE(nomem)
{
	struct vfio_dev dev;
	struct call call;
};

FIXTURE_SETUP(nomem)
{
	if (!can_inject())
		SKIP(return, "this kernel cannot let allocations fail: KERNEL=lab-6.12 or lab-7");
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	self->call.dev = &self->dev;
	memcpy(self->call.bdf, self->dev.bdf, sizeof(self->call.bdf));
}

FIXTURE_TEARDOWN(nomem)
{
	vfio_close(&self->dev);
}

static int make_bind(struct call *call)
{
	return sys(write(call->fd, call->bdf, strlen(call->bdf)));
}

static void undo_bind(struct call *call)
{
	pci_unbind(call->bdf);
}

TEST_F_TIMEOUT(nomem, probe, 120)
{
	char path[128];

	/* vfio warns when it frees a group that it could not complete. */
	ASSERT_TRUE(spare("vfio_create_group"));
	vfio_close(&self->dev);
	ASSERT_EQ(0, pci_unbind(self->call.bdf));
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", vfio_driver());
	self->call.fd = open(path, O_WRONLY);
	ASSERT_LE(0, self->call.fd);
	self->call.make = make_bind;
	self->call.undo = undo_bind;
	walk(_metadata, "probe", &self->call);
	EXPECT_EQ(0, pci_bind(self->call.bdf, vfio_driver()));
}

static int make_open(struct call *call)
{
	call->fd = sys(ioctl(call->iommu->group[0].fd, VFIO_GROUP_GET_DEVICE_FD, call->bdf));
	return call->fd;
}

static void undo_fd(struct call *call)
{
	close(call->fd);
}

static void walk_open(struct __test_metadata *_metadata, struct call *call, const char *driver)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev;

	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	if (iommu.iommufd)
		SKIP(return, "a group's ioctl is what opens here: unset VFIO_IOMMU");
	/* For the group; the device itself is closed. */
	ASSERT_EQ(0, variant_open(&dev, &iommu, call->bdf, driver));
	close(dev.fd);
	call->iommu = &iommu;
	call->make = make_open;
	call->undo = undo_fd;
	walk(_metadata, driver, call);
	ASSERT_LE(0, make_open(call));
	dev.fd = call->fd;
	EXPECT_EQ(0x1234, vfio_config_read(&dev, PCI_VENDOR_ID, 2));
	close(dev.fd);
	vfio_iommu_close(&iommu);
}

TEST_F_TIMEOUT(nomem, open, 120)
{
	vfio_close(&self->dev);
	walk_open(_metadata, &self->call, vfio_driver());
}

/* Its open registers a region, and declares memory types. */
TEST_F_TIMEOUT(nomem, open_with_a_region, 120)
{
	vfio_close(&self->dev);
	walk_open(_metadata, &self->call, "edu_vfio_pci");
}

static int make_mapping(struct call *call)
{
	call->map = vfio_mmap(call->dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
	return call->map == MAP_FAILED ? -errno : 0;
}

static void undo_mapping(struct call *call)
{
	munmap(call->map, EDU_BAR_SIZE);
}

/* The first use of a BAR claims and maps it; a use that fails leaves that to the next one. */
static void undo_first_use(struct call *call)
{
	undo_mapping(call);
	close(call->dev->fd);
	call->dev->fd = vfio_get_device_fd(call->dev->iommu, call->bdf);
}

TEST_F(nomem, first_use)
{
	self->call.make = make_mapping;
	self->call.undo = undo_first_use;
	/* request_mem_region() does not say why it failed; the core reports the BAR as busy. */
	self->call.other_errno = -EBUSY;
	walk(_metadata, "the first mmap", &self->call);
}

TEST_F(nomem, mmap)
{
	ASSERT_EQ(0, make_mapping(&self->call));
	undo_mapping(&self->call);
	self->call.make = make_mapping;
	self->call.undo = undo_mapping;
	walk(_metadata, "mmap", &self->call);
}

/* A fault is tried again when there is no memory; it must never end in SIGBUS. */
TEST_F(nomem, fault)
{
	struct call *call = &self->call;
	bool failed = true;

	for (int nth = 1; failed && nth <= MANY; nth++) {
		ASSERT_EQ(0, make_mapping(call));
		ASSERT_TRUE(set_nth(nth));
		EXPECT_EQ(EDU_ALIVE, edu_look(call->map)) TH_LOG("allocation %d failing", nth);
		failed = has_failed();
		ASSERT_TRUE(set_nth(0));
		undo_mapping(call);
	}
	EXPECT_FALSE(failed);
}

/*
 * The arguments of SET_IRQS are prepared in buf: a system call to allocate them here would be the
 * one that fails.
 */
static int make_irqs(struct call *call)
{
	return sys(ioctl(call->dev->fd, VFIO_DEVICE_SET_IRQS, call->buf));
}

static void undo_irqs(struct call *call)
{
	vfio_irq_disable(call->dev, ((struct vfio_irq_set *)call->buf)->index);
}

static void walk_irqs(struct __test_metadata *_metadata, struct call *call, const char *name,
		      unsigned int index, uint32_t action, unsigned int count)
{
	struct vfio_irq_set *set = (void *)call->buf;

	*set = (struct vfio_irq_set){ .argsz = sizeof(*set) + count * sizeof(int),
				      .flags = VFIO_IRQ_SET_DATA_EVENTFD | action,
				      .index = index,
				      .count = count };
	for (unsigned int i = 0; i < count; i++)
		((int *)set->data)[i] = eventfd(0, EFD_CLOEXEC);
	call->make = make_irqs;
	call->undo = undo_irqs;
	walk(_metadata, name, call);
	for (unsigned int i = 0; i < count; i++)
		close(((int *)set->data)[i]);
}

static void undo_unmask(struct call *call)
{
	int none = -1;

	vfio_set_irqs(call->dev, VFIO_PCI_INTX_IRQ_INDEX,
		      VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, &none,
		      sizeof(none));
}

TEST_F(nomem, interrupts)
{
	struct vfio_irq_set *set = (void *)self->call.buf;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct vfio_dev nvme;

	/* The kernel warns when it frees an interrupt whose files in /proc it could not make. */
	ASSERT_TRUE(spare("register_irq_proc"));
	walk_irqs(_metadata, &self->call, "INTx", VFIO_PCI_INTX_IRQ_INDEX,
		  VFIO_IRQ_SET_ACTION_TRIGGER, 1);
	/*
	 * What the kernel's pci_alloc_irq_vectors() says when it cannot have one.  At the first use
	 * of a device it also creates an interrupt domain, and says -ENODEV when it cannot.
	 */
	self->call.other_errno = -ENOSPC;
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	ASSERT_EQ(0, vfio_irq_disable(&self->dev, VFIO_PCI_MSI_IRQ_INDEX));
	walk_irqs(_metadata, &self->call, "MSI", VFIO_PCI_MSI_IRQ_INDEX,
		  VFIO_IRQ_SET_ACTION_TRIGGER, 1);

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &fd));
	*set = (struct vfio_irq_set){ .argsz = sizeof(*set) + sizeof(int),
				      .flags = VFIO_IRQ_SET_DATA_EVENTFD |
					       VFIO_IRQ_SET_ACTION_UNMASK,
				      .index = VFIO_PCI_INTX_IRQ_INDEX,
				      .count = 1 };
	*(int *)set->data = fd;
	self->call.other_errno = 0;
	self->call.make = make_irqs;
	self->call.undo = undo_unmask;
	walk(_metadata, "INTx, unmask", &self->call);

	OPEN_OR_SKIP(&nvme, NULL, &pci_nvme, 0);
	self->call.other_errno = -ENOSPC;
	self->call.dev = &nvme;
	ASSERT_EQ(0, vfio_set_eventfds(&nvme, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &fd));
	ASSERT_EQ(0, vfio_irq_disable(&nvme, VFIO_PCI_MSIX_IRQ_INDEX));
	walk_irqs(_metadata, &self->call, "MSI-X", VFIO_PCI_MSIX_IRQ_INDEX,
		  VFIO_IRQ_SET_ACTION_TRIGGER, 2);
	vfio_close(&nvme);
}

static int make_ioeventfd(struct call *call)
{
	return sys(ioctl(call->dev->fd, VFIO_DEVICE_IOEVENTFD, call->buf));
}

static void undo_ioeventfd(struct call *call)
{
	struct vfio_device_ioeventfd off = *(struct vfio_device_ioeventfd *)call->buf;

	off.fd = -1;
	ioctl(call->dev->fd, VFIO_DEVICE_IOEVENTFD, &off);
}

TEST_F(nomem, ioeventfd)
{
	*(struct vfio_device_ioeventfd *)self->call.buf = (struct vfio_device_ioeventfd){
		.argsz = sizeof(struct vfio_device_ioeventfd),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = EDU_LIVENESS,
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	self->call.make = make_ioeventfd;
	self->call.undo = undo_ioeventfd;
	ASSERT_EQ(0, make_ioeventfd(&self->call));
	undo_ioeventfd(&self->call);
	walk(_metadata, "ioeventfd", &self->call);
}

static int make_dma_buf(struct call *call)
{
	call->fd = sys(ioctl(call->dev->fd, VFIO_DEVICE_FEATURE, call->buf));
	return call->fd;
}

TEST_F(nomem, dma_buf)
{
	*(struct dma_buf_range *)self->call.buf = (struct dma_buf_range){
		.head = { .argsz = sizeof(struct dma_buf_range), .flags = FEATURE_GET_DMA_BUF },
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = 1,
		.length = EDU_BAR_SIZE,
	};
	self->call.make = make_dma_buf;
	self->call.undo = undo_fd;
	if (make_dma_buf(&self->call) == -ENOTTY)
		SKIP(return, "this kernel exports no dma-buf: KERNEL=lab-7");
	undo_fd(&self->call);
	walk(_metadata, "dma-buf", &self->call);
}

static int make_hot_reset(struct call *call)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd[2];
	} arg = { .reset = { .argsz = sizeof(arg), .count = call->iommu->ngroups } };

	for (unsigned int i = 0; i < arg.reset.count; i++)
		arg.fd[i] = call->iommu->group[i].fd;
	return sys(ioctl(call->dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg));
}

static int make_hot_reset_info(struct call *call)
{
	struct vfio_pci_hot_reset_info *info = (void *)call->buf;

	info->argsz = sizeof(call->buf);
	return sys(ioctl(call->dev->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info));
}

TEST_F_TIMEOUT(nomem, hot_reset, 120)
{
	char bdf[2][BDF_LEN];
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];

	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	if (iommu.iommufd)
		SKIP(return, "groups are what proves ownership here: unset VFIO_IOMMU");
	/* One group; without an IOMMU each function has its own. */
	ASSERT_EQ(0, pci_bind(bdf[1], vfio_driver()));
	ASSERT_EQ(0, vfio_open(&dev[0], &iommu, bdf[0]));
	ASSERT_EQ(0, vfio_open(&dev[1], &iommu, bdf[1]));
	self->call.dev = &dev[0];
	self->call.iommu = &iommu;
	self->call.make = make_hot_reset_info;
	walk(_metadata, "hot reset info", &self->call);
	self->call.make = make_hot_reset;
	walk(_metadata, "hot reset", &self->call);
	vfio_close(&dev[1]);
	vfio_close(&dev[0]);
	vfio_iommu_close(&iommu);
}

TEST_HARNESS_MAIN
