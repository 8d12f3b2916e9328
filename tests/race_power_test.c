// SPDX-License-Identifier: GPL-2.0-only
/* Low power and power states against everything that accesses the device concurrently. */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "race.h"

#define NVME_VS 0x08 /* version: never changes */
#define SECONDS 6

FIXTURE(nvme)
{
	struct vfio_dev dev;
	unsigned int pm;
	char *bar;
	uint32_t version;
};

FIXTURE_SETUP(nvme)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	self->pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	ASSERT_NE(0, self->pm);
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
	usleep(race_dice(racer, 40));
}

/* In low power read() wakes the device up, and may read whenever decode is on. */
static void read_awake(struct racer *racer)
{
	uint32_t value = 0;
	long ret = sys(pread(racer->race->dev->fd, &value, 4, NVME_VS));

	if (ret == 4 ? value != version_of(racer) : ret != -EIO)
		race_wrong(racer, "%ld, %#x", ret, value);
	racer->good += ret == 4;
	racer->refused += ret != 4;
	usleep(race_dice(racer, 2000));
}

static void map_anew(struct racer *racer)
{
	char *map = vfio_mmap(racer->race->dev, 0, 0, PAGE, PROT_READ);

	if (map == MAP_FAILED) {
		race_wrong(racer, "mmap: %d", -errno);
		return;
	}
	race_touch(racer, map + NVME_VS, version_of(racer));
	munmap(map, PAGE);
	usleep(race_dice(racer, 500));
}

static long feature(struct vfio_dev *dev, uint32_t which)
{
	struct vfio_device_feature feature = { .argsz = sizeof(feature),
					       .flags = VFIO_DEVICE_FEATURE_SET | which };

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &feature));
}

/*
 * While user space asks for low power no mapping is usable, even if something else resumes the
 * device.
 */
static void nap(struct racer *racer)
{
	struct race *race = racer->race;
	long ret;

	pthread_mutex_lock(&race->gate);
	ret = feature(race->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
	if (!ret) {
		race_dwell(racer);
		ret = feature(race->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	}
	pthread_mutex_unlock(&race->gate);
	if (ret)
		race_wrong(racer, "low power: %ld", ret);
	racer->good++;
	usleep(race_dice(racer, 2000));
}

/* A second entry is refused, and so is an exit without an entry. */
static void nap_carelessly(struct racer *racer)
{
	bool entry = race_dice(racer, 2);
	long ret = feature(racer->race->dev, entry ? VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY :
						     VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);

	if (ret && ret != -EINVAL && !(entry && ret == -EBUSY))
		race_wrong(racer, "%s: %ld", entry ? "entry" : "exit", ret);
	racer->good += !ret;
	racer->refused += !!ret;
	usleep(race_dice(racer, 1000));
}

static void sleep_in_d3hot(struct racer *racer)
{
	struct race *race = racer->race;
	unsigned int pm = ((FIXTURE_DATA(nvme) *)racer->arg)->pm;

	pthread_mutex_lock(&race->gate);
	vfio_config_write(race->dev, pm + PCI_PM_CTRL, 2, 3);
	race_dwell(racer);
	vfio_config_write(race->dev, pm + PCI_PM_CTRL, 2, 0);
	vfio_set_command(race->dev, 0, PCI_COMMAND_MEMORY);
	pthread_mutex_unlock(&race->gate);
	racer->good++;
	usleep(race_dice(racer, 2000));
}

static void add_users(struct race *race, void *self)
{
	race_add(race, "touches", touch, self);
	race_add(race, "touches, second thread", touch, self);
	race_add(race, "reads", read_awake, self);
	race_add(race, "maps anew", map_anew, self);
}

TEST_F_TIMEOUT(nvme, low_power_against_faults_and_reads_never_touches_a_sleeper, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	add_users(&race, self);
	race_add(&race, "naps", nap, self);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(self->version, edu_read(self->bar, NVME_VS));
}

TEST_F_TIMEOUT(nvme, d3hot_against_faults_and_reads_never_touches_a_sleeper, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	add_users(&race, self);
	race_add(&race, "sleeps in D3hot", sleep_in_d3hot, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(self->version, edu_read(self->bar, NVME_VS));
}

TEST_F_TIMEOUT(nvme, low_power_entered_and_left_by_many_stays_balanced, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	add_users(&race, self);
	for (int i = 0; i < 3; i++)
		race_add(&race, "naps carelessly", nap_carelessly, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	EXPECT_EQ(self->version, edu_read(self->bar, NVME_VS));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "active"));
	/* No runtime PM reference is leaked: an idle device is suspended at once. */
	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
}

TEST_HARNESS_MAIN
