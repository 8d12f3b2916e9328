// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset of devices that reset together: two functions in one slot, with one of them open,
 * closed, unbound, or in the hands of the other core; and a device that has a slot for itself.
 * Which devices are listed, who may reset with which proof of ownership, and what a reset leaves:
 * as with the kernel's driver.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "diff.h"
#include "mem.h"
#include "module.h"

#define MARK 0xfee0000c

FIXTURE(sets)
{
	char pair[2][BDF_LEN], alone[BDF_LEN];
	/* The pair's sysfs files "config", and where a message address is in there. */
	int config[2];
	off_t msi[2];
};

static bool find_msi(const char *bdf, int *fd, off_t *address)
{
	uint8_t config[PCI_CFG_SPACE_SIZE];
	char path[96];
	unsigned int pos;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (pread(*fd, config, sizeof(config), 0) != sizeof(config))
		return false;
	pos = config[PCI_CAPABILITY_LIST];
	while (pos && config[pos] != PCI_CAP_ID_MSI)
		pos = config[pos + 1];
	*address = pos + PCI_MSI_ADDRESS_LO;
	return pos;
}

FIXTURE_SETUP(sets)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "nothing to compare the kernel's driver with: unset VFIO_DRIVER");
	if (pci_find(&pci_edu, 2, self->pair[0]) || pci_find(&pci_edu, 3, self->pair[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	if (pci_find(&pci_nvme, 0, self->alone))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, module_need("vfio-pci"));
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(find_msi(self->pair[i], &self->config[i], &self->msi[i]));
	}
}

/* The test ends with its process. */
FIXTURE_TEARDOWN(sets)
{
}

/* What a script works with. The pair is opened by one context, the third device by another. */
struct set {
	const char *what;
	FIXTURE_DATA(sets) *self;
	struct vfio_iommu iommu;
	struct vfio_dev dev[2], alone;
};

/*
 * A reset clears the MSI message address, and the kernel does not restore it while MSI is unused: a
 * mark there shows whether the device was reset, even if it is closed.
 */
static int msi_address(const FIXTURE_DATA(sets) *self, int i, bool set)
{
	const uint32_t mark = MARK;
	uint32_t value = 0;

	if (set && pwrite(self->config[i], &mark, 4, self->msi[i]) != 4)
		abort();
	if (pread(self->config[i], &value, 4, self->msi[i]) != 4)
		abort();
	return value == mark;
}

/* Numbers of groups without an IOMMU change whenever a driver takes the device. */
static void groups_by_name(struct set *set, struct vfio_pci_dependent_device *devices, int n)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < 2; j++)
			if ((int)devices[i].group_id == pci_iommu_group(set->self->pair[j]))
				devices[i].group_id = 0x1000 + j;
}

static void info(struct set *set, struct transcript *t, struct vfio_dev *dev)
{
	struct {
		struct vfio_pci_hot_reset_info hdr;
		struct vfio_pci_dependent_device devices[3];
	} buf;
	const uint32_t size = sizeof(buf);
	long ret;

	for (uint32_t argsz = 0; argsz <= size; argsz++) {
		memset(&buf, 0xff, size);
		buf.hdr.argsz = argsz;
		ret = sys(ioctl(dev->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &buf));
		if (vfio_noiommu())
			groups_by_name(set, buf.devices, 3);
		said(t, "%s INFO of %s argsz %u: %ld %s", set->what, dev->bdf, argsz, ret,
		     hex(&buf, size));
	}
	for (uint32_t there = 0; there < size; there++) {
		void *at = before_hole(there);

		memset(&buf, 0xff, size);
		buf.hdr.argsz = size;
		memcpy(at, &buf, there);
		ret = sys(ioctl(dev->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, at));
		said(t, "%s INFO of %s cut-off %u: %ld", set->what, dev->bdf, there, ret);
	}
}

/* What a reset left of a device that is open. */
static void look(struct set *set, struct transcript *t, struct vfio_dev *dev)
{
	uint8_t config[64];
	uint32_t value = 0;
	long ret;

	if (dev->fd < 0)
		return;
	pread(dev->fd, config, sizeof(config), VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX));
	said(t, "%s left %s config: %s", set->what, dev->bdf, hex(config, sizeof(config)));
	ret = sys(pread(dev->fd, &value, 4, VFIO_REGION_OFFSET(VFIO_PCI_BAR0_REGION_INDEX)));
	said(t, "%s left %s register: %ld %#x", set->what, dev->bdf, ret, value);
}

struct hot_reset {
	struct vfio_pci_hot_reset hdr;
	int32_t fd[4];
};

static void ask(struct set *set, struct transcript *t, struct vfio_dev *dev, const char *how,
		const struct hot_reset *arg, size_t there)
{
	void *at = before_hole(there);
	long ret;

	for (int i = 0; i < 2; i++)
		msi_address(set->self, i, true);
	memcpy(at, arg, there);
	ret = sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, at));
	said(t, "%s HOT of %s %s: %ld %d %d", set->what, dev->bdf, how, ret,
	     msi_address(set->self, 0, false), msi_address(set->self, 1, false));
	if (ret)
		return;
	for (int i = 0; i < 2; i++)
		look(set, t, &set->dev[i]);
	look(set, t, &set->alone);
}

static int group_of(struct vfio_dev *dev, int n)
{
	return n < (int)dev->iommu->ngroups ? dev->iommu->group[n].fd : -1;
}

static void reset(struct set *set, struct transcript *t, struct vfio_dev *dev)
{
	const int mine = group_of(dev, 0), second = group_of(dev, 1), no = -1;
	const int alone = group_of(&set->alone, 0), container = dev->iommu->fd;
	const struct {
		const char *how;
		int n, fd[3];
	} proofs[] = {
		{ "nothing", 0, { 0 } },
		{ "no file", 1, { no } },
		{ "the device", 1, { dev->fd } },
		{ "the container", 1, { container } },
		{ "the group", 1, { mine } },
		{ "the second group", 1, { second } },
		{ "both groups", 2, { mine, second } },
		{ "the group twice", 2, { mine, mine } },
		{ "the group, no file", 2, { mine, no } },
		{ "the group, the device", 2, { mine, dev->fd } },
		{ "another group", 1, { alone } },
		{ "another group, the group", 2, { alone, mine } },
		{ "too many", 3, { mine, second, alone } },
	};
	struct hot_reset arg = { 0 };
	char how[64];

	for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
		arg.hdr = (struct vfio_pci_hot_reset){ .argsz = sizeof(arg),
						       .count = proofs[i].n };
		memcpy(arg.fd, proofs[i].fd, sizeof(proofs[i].fd));
		ask(set, t, dev, proofs[i].how, &arg, sizeof(arg));
		/* Refused as a whole, whatever else is right. */
		for (uint32_t flag = 1; flag; flag <<= 8) {
			arg.hdr.flags = flag;
			snprintf(how, sizeof(how), "%s, flag %#x", proofs[i].how, flag);
			ask(set, t, dev, how, &arg, sizeof(arg));
		}
	}
	arg.hdr = (struct vfio_pci_hot_reset){ .count = dev->iommu->ngroups };
	arg.fd[0] = no;
	for (arg.hdr.argsz = 0; arg.hdr.argsz < sizeof(arg.hdr); arg.hdr.argsz++) {
		snprintf(how, sizeof(how), "argsz %u", arg.hdr.argsz);
		ask(set, t, dev, how, &arg, sizeof(arg));
	}
	arg.hdr = (struct vfio_pci_hot_reset){ .argsz = sizeof(arg), .count = 2 };
	arg.fd[0] = mine;
	for (size_t there = 0; there < sizeof(arg.hdr) + 8; there++) {
		snprintf(how, sizeof(how), "cut-off %zu", there);
		ask(set, t, dev, how, &arg, there);
	}
}

/* An interrupt that was set up before a reset comes after it. */
static void reset_with_irq(struct set *set, struct transcript *t, unsigned int index)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), groups[] = { group_of(&set->dev[0], 0),
								      group_of(&set->dev[0], 1) };
	struct hot_reset arg = {
		.hdr = { .argsz = sizeof(arg), .count = set->iommu.ngroups },
		.fd = { groups[0], groups[1] },
	};
	const uint32_t raise = 1;
	int err;

	err = vfio_set_eventfds(&set->dev[0], index, 0, 1, &fd);
	said(t, "%s irq %u: %d", set->what, index, err);
	vfio_set_command(&set->dev[0], 0, PCI_COMMAND_MASTER);
	ask(set, t, &set->dev[0], "with a vector", &arg, sizeof(arg));
	pwrite(set->dev[0].fd, &raise, 4, EDU_IRQ_RAISE);
	/* Not SOON: some never come. */
	said(t, "%s irq %u after it: %d", set->what, index, eventfd_wait(fd, 2000, NULL));
	pwrite(set->dev[0].fd, &raise, 4, EDU_IRQ_ACK);
	vfio_irq_disable(&set->dev[0], index);
	vfio_set_command(&set->dev[0], PCI_COMMAND_MASTER, 0);
	close(fd);
}

static int open_set(struct set *set, bool second)
{
	FIXTURE_DATA(sets) *self = set->self;
	int err = vfio_iommu_open(&set->iommu);

	set->dev[1] = (struct vfio_dev){ .fd = -1 };
	err = err ?: vfio_open_bound(&set->dev[0], &set->iommu, self->pair[0]);
	if (second)
		err = err ?: vfio_open_bound(&set->dev[1], &set->iommu, self->pair[1]);
	return err ?: vfio_open_bound(&set->alone, NULL, self->alone);
}

/* Closing the last one resets all, when none can be reset by itself. */
static void close_set(struct set *set, struct transcript *t)
{
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++)
			msi_address(set->self, j, true);
		vfio_close(&set->dev[i]);
		said(t, "%s close %d: %d %d", set->what, i,
		     msi_address(set->self, 0, false),
		     msi_address(set->self, 1, false));
	}
	vfio_close(&set->alone);
	vfio_iommu_close(&set->iommu);
}

static int ask_all(FIXTURE_DATA(sets) *self, struct transcript *t, const char *driver,
		   const char *other)
{
	const struct {
		const char *what, *second;
		bool open;
	} cases[] = {
		{ "both open", driver, true },
		{ "one open", driver, false },
		{ "one unbound", NULL, false },
		{ "other driver", other, false },
	};
	int err = pci_bind(self->pair[0], driver) ?: pci_bind(self->alone, driver);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases) && !err; i++) {
		const char *second = cases[i].second;
		struct set set = { .what = cases[i].what, .self = self };

		err = second ? pci_bind(self->pair[1], second) : pci_unbind(self->pair[1]);
		err = err ?: open_set(&set, cases[i].open);
		if (err)
			break;
		for (int j = 0; j < 2; j++) {
			if (set.dev[j].fd < 0)
				continue;
			vfio_set_command(&set.dev[j], 0, PCI_COMMAND_MEMORY);
			info(&set, t, &set.dev[j]);
			reset(&set, t, &set.dev[j]);
		}
		reset_with_irq(&set, t, VFIO_PCI_INTX_IRQ_INDEX);
		reset_with_irq(&set, t, VFIO_PCI_MSI_IRQ_INDEX);
		/* decode off stays off */
		vfio_set_command(&set.dev[0], PCI_COMMAND_MEMORY, 0);
		reset(&set, t, &set.dev[0]);
		if (!i) {
			info(&set, t, &set.alone);
			reset(&set, t, &set.alone);
		}
		close_set(&set, t);
	}
	return err ?: pci_unbind(self->pair[0]) ?: pci_unbind(self->pair[1]) ?:
	       pci_unbind(self->alone);
}

TEST_F_TIMEOUT(sets, beside_the_kernels_own, 120)
{
	struct transcript theirs = { 0 }, ours = { 0 };

	ASSERT_EQ(0, ask_all(self, &theirs, "vfio-pci", vfio_driver()));
	ASSERT_EQ(0, ask_all(self, &ours, vfio_driver(), "vfio-pci"));
	diff_compare(_metadata, pci_edu.name, "hot", &theirs, &ours);
}

TEST_HARNESS_MAIN
