// SPDX-License-Identifier: GPL-2.0-only
/*
 * The template's guarded page: a zap by range, and the driver's hook that hears of each revoke,
 * against faults, reads, and each other.
 */
#include <stddef.h>

#include "fixture.h"
#include "mem.h"
#include "race.h"
#include "variant.h"

#include "../template/uapi.h"

#define SECONDS 6

FIXTURE(guard)
{
	struct vfio_dev dev;
	unsigned int region;
	volatile struct edu_vfio_pci_status *status;
	char *bar;
};

FIXTURE_SETUP(guard)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, bdf, "edu_vfio_pci"));
	self->region = variant_region(&self->dev, EDU_VFIO_PCI_REGION_TYPE,
				      EDU_VFIO_PCI_REGION_SUBTYPE);
	ASSERT_NE(0, self->region);
	self->status = vfio_mmap(&self->dev, self->region, 0, PAGE, PROT_READ);
	self->bar = vfio_mmap(&self->dev, 0, 0, 16 * PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->status);
	ASSERT_NE(MAP_FAILED, self->bar);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
}

FIXTURE_TEARDOWN(guard)
{
	vfio_close(&self->dev);
}

static long set_guard(struct racer *racer, uint32_t grant)
{
	FIXTURE_DATA(guard) *guard = racer->arg;

	return sys(pwrite(guard->dev.fd, &grant, sizeof(grant),
			  VFIO_REGION_OFFSET(guard->region) + EDU_VFIO_PCI_CONTROL));
}

static void touch_guarded(struct racer *racer)
{
	race_touch(racer, racer->race->map, EDU_ID_VALUE);
	usleep(race_dice(racer, 40));
}

/* Touch pages next to the guarded one: the zap by range must not affect them. */
static void touch_neighbour(struct racer *racer)
{
	if (try_read32(racer->race->map + (1 + race_dice(racer, 15)) * PAGE, NULL))
		racer->good++;
	else
		racer->refused++;
	usleep(race_dice(racer, 40));
}

static void read_guarded(struct racer *racer)
{
	unsigned int before = racer->race->epoch;
	uint32_t value = 0;
	long ret = sys(pread(racer->race->dev->fd, &value, 4, 0));

	if (ret == 4 ? value != EDU_ID_VALUE : ret != -EACCES && ret != -EIO)
		race_wrong(racer, "%ld, %#x", ret, value);
	if (ret == 4 && (before & 1) && before == racer->race->epoch)
		race_wrong(racer, "worked without a grant");
	racer->good += ret == 4;
	racer->refused += ret != 4;
	usleep(race_dice(racer, 200));
}

static void grant_and_end(struct racer *racer)
{
	struct race *race = racer->race;
	long ret;

	ret = set_guard(racer, 1);
	if (ret != 4 && ret != -EIO) {
		race_wrong(racer, "grant: %ld", ret);
		return;
	}
	racer->good += ret == 4;
	racer->refused += ret != 4;
	usleep(race_dice(racer, 1000));
	pthread_mutex_lock(&race->gate);
	ret = set_guard(racer, 0);
	if (ret != 4)
		race_wrong(racer, "end of the grant: %ld", ret);
	race_dwell(racer);
	pthread_mutex_unlock(&race->gate);
	usleep(race_dice(racer, 200));
}

/*
 * The driver's hook ends the grant before decode is off, and no grant succeeds until it is on
 * again.
 */
static void toggle_and_look(struct racer *racer)
{
	FIXTURE_DATA(guard) *guard = racer->arg;
	struct race *race = racer->race;

	pthread_mutex_lock(&race->gate);
	vfio_set_command(race->dev, PCI_COMMAND_MEMORY, 0);
	if (guard->status->granted)
		race_wrong(racer, "granted while decode is off");
	race_dwell(racer);
	if (guard->status->granted)
		race_wrong(racer, "granted while decode was off");
	vfio_set_command(race->dev, 0, PCI_COMMAND_MEMORY);
	pthread_mutex_unlock(&race->gate);
	racer->good++;
	usleep(race_dice(racer, 3000));
}

TEST_F_TIMEOUT(guard, zap_by_range_against_faults_leaves_no_entry, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	race_add(&race, "touches the guarded page", touch_guarded, self);
	race_add(&race, "touches the guarded page, second thread", touch_guarded, self);
	race_add(&race, "touches its neighbours", touch_neighbour, self);
	race_add(&race, "reads it", read_guarded, self);
	race_add(&race, "is granted it and gives it back", grant_and_end, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(0, self->status->granted);
	EXPECT_FALSE(try_read32(self->bar, NULL));
	EXPECT_TRUE(try_read32(self->bar + PAGE, NULL));
}

TEST_F_TIMEOUT(guard, revoke_hook_against_grants_ends_each, 60)
{
	struct race race = RACE(&self->dev, self->bar);

	RACE_OR_SKIP();
	race_add(&race, "touches the guarded page", touch_guarded, self);
	race_add(&race, "touches its neighbours", touch_neighbour, self);
	race_add(&race, "reads it", read_guarded, self);
	race_add(&race, "is granted it and gives it back", grant_and_end, self);
	race_add(&race, "toggles decode", toggle_and_look, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	EXPECT_EQ(0, self->status->granted);
}

TEST_HARNESS_MAIN
