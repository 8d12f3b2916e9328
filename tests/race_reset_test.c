// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of all kinds against each other and against everything that uses the device concurrently.
 */
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "race.h"

#define NVME_VS 0x08 /* version: never changes */
#define SECONDS 8

FIXTURE(nvme)
{
	struct vfio_dev dev;
	unsigned int exp;
	char *bar;
	uint32_t version;
};

FIXTURE_SETUP(nvme)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver does not hear of others' resets: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	self->exp = vfio_find_cap(&self->dev, PCI_CAP_ID_EXP);
	ASSERT_NE(0, self->exp);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	ASSERT_TRUE(try_read32(self->bar + NVME_VS, &self->version));
}

FIXTURE_TEARDOWN(nvme)
{
	vfio_close(&self->dev);
}

static uint32_t version_of(struct racer *racer)
{
	return ((FIXTURE_DATA(nvme) *)racer->arg)->version;
}

static void touch(struct racer *racer)
{
	race_touch(racer, racer->race->map + NVME_VS, version_of(racer));
	usleep(race_dice(racer, 100));
}

static void read_version(struct racer *racer)
{
	race_read(racer, 0, NVME_VS, version_of(racer));
	usleep(race_dice(racer, 500));
}

static void read_config(struct racer *racer)
{
	uint32_t id = 0;
	long ret = sys(pread(racer->race->dev->fd, &id, 4,
			     VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX)));

	if (ret != 4 || id != 0x00101b36)
		race_wrong(racer, "%ld, %#x", ret, id);
	racer->good++;
	usleep(race_dice(racer, 500));
}

static void account(struct racer *racer, long ret, long other)
{
	if (!ret)
		racer->good++;
	else if (ret == -EAGAIN || ret == other)
		racer->refused++;
	else
		race_wrong(racer, "%ld", ret);
	usleep(race_dice(racer, 20000));
}

static void reset_by_ioctl(struct racer *racer)
{
	account(racer, sys(ioctl(racer->race->dev->fd, VFIO_DEVICE_RESET)), 0);
}

static void reset_by_capability(struct racer *racer)
{
	unsigned int exp = ((FIXTURE_DATA(nvme) *)racer->arg)->exp;

	vfio_config_write(racer->race->dev, exp + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	account(racer, 0, 0);
}

static void reset_by_sysfs(struct racer *racer)
{
	account(racer, pci_write_attr(racer->race->dev->bdf, "reset", "1"), 0);
}

TEST_F_TIMEOUT(nvme, function_resets_of_all_kinds_against_users, 90)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	race_add(&race, "touches", touch, self);
	race_add(&race, "touches, second thread", touch, self);
	race_add(&race, "reads", read_version, self);
	race_add(&race, "reads config space", read_config, self);
	race_add(&race, "resets by ioctl", reset_by_ioctl, self);
	race_add(&race, "resets by FLR in config space", reset_by_capability, self);
	race_add(&race, "resets by sysfs", reset_by_sysfs, self);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(self->version, edu_read(self->bar, NVME_VS));
	EXPECT_EQ(0x00101b36, vfio_config_read(&self->dev, 0, 4));
}

/* Two functions in one slot behind a root port: they reset together. */
FIXTURE(pair)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	char *bar[2];
};

FIXTURE_SETUP(pair)
{
	char bdf[2][BDF_LEN];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver does not hear of others' resets: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, pci_bind(bdf[i], vfio_driver()));
	}
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vfio_open(&self->dev[i], &self->iommu, bdf[i]));
		vfio_set_command(&self->dev[i], 0, PCI_COMMAND_MEMORY);
		self->bar[i] = vfio_mmap(&self->dev[i], 0, 0, PAGE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, self->bar[i]);
	}
}

FIXTURE_TEARDOWN(pair)
{
	for (int i = 0; i < 2; i++)
		vfio_close(&self->dev[i]);
	vfio_iommu_close(&self->iommu);
}

static void touch_one(struct racer *racer)
{
	race_touch(racer, racer->race->map, EDU_ID_VALUE);
	usleep(race_dice(racer, 100));
}

/* The epoch is the first one's. */
static void touch_other(struct racer *racer)
{
	FIXTURE_DATA(pair) *pair = racer->arg;

	switch (edu_look(pair->bar[1])) {
	case EDU_ALIVE:
		racer->good++;
		break;
	case EDU_GONE:
		racer->refused++;
		break;
	case EDU_NOISE:
		race_wrong(racer, "noise");
	}
	usleep(race_dice(racer, 100));
}

static void read_either(struct racer *racer)
{
	FIXTURE_DATA(pair) *pair = racer->arg;
	uint32_t id = 0;
	long ret = sys(pread(pair->dev[race_dice(racer, 2)].fd, &id, 4, 0));

	if (ret == 4 ? id != EDU_ID_VALUE : ret != -EIO)
		race_wrong(racer, "%ld, %#x", ret, id);
	racer->good += ret == 4;
	racer->refused += ret != 4;
	usleep(race_dice(racer, 500));
}

static void hot_reset(struct racer *racer)
{
	FIXTURE_DATA(pair) *pair = racer->arg;
	struct {
		struct vfio_pci_hot_reset reset;
		int fd;
	} arg = { { .argsz = sizeof(arg), .count = 1 }, pair->iommu.group[0].fd };

	int fd = pair->dev[race_dice(racer, 2)].fd;

	account(racer, sys(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, &arg)), -EBUSY);
}

/* Reset the bus behind the port: the drivers of its devices cannot refuse that. */
static void bus_reset_by_sysfs(struct racer *racer)
{
	account(racer, pci_write_attr("0000:00:11.0", "reset_subordinate", "1"), 0);
}

static void toggle_other(struct racer *racer)
{
	FIXTURE_DATA(pair) *pair = racer->arg;

	vfio_set_command(&pair->dev[1], PCI_COMMAND_MEMORY, 0);
	usleep(race_dice(racer, 200));
	vfio_set_command(&pair->dev[1], 0, PCI_COMMAND_MEMORY);
	racer->good++;
	usleep(race_dice(racer, 2000));
}

TEST_F_TIMEOUT(pair, hot_resets_against_users_and_bus_resets, 90)
{
	struct race race = RACE(&self->dev[0], self->bar[0]);

	RACE_OR_SKIP();
	if (self->iommu.iommufd)
		SKIP(return, "by groups only: leave out FLAVOR=iommufd");
	race_add(&race, "touches one", touch_one, self);
	race_add(&race, "touches the other", touch_other, self);
	race_add(&race, "reads", read_either, self);
	race_add(&race, "hot resets", hot_reset, self);
	race_add(&race, "hot resets, second thread", hot_reset, self);
	race_add(&race, "toggles decode of one", race_toggle_decode, NULL);
	race_add(&race, "toggles decode of the other", toggle_other, self);
	/* Kernels from 6.14 on. */
	if (!access("/sys/bus/pci/devices/0000:00:11.0/reset_subordinate", W_OK))
		race_add(&race, "resets the bus by sysfs", bus_reset_by_sysfs, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ALIVE, edu_look(self->bar[i])) TH_LOG("device %d", i);
	}
}

TEST_HARNESS_MAIN
