/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ends a session of live migration: resets, close, unbind, removal, in each state.  Part of
 * live_conformance.h.
 */
#ifndef TESTS_LIB_LIVE_ENDS_H
#define TESTS_LIB_LIVE_ENDS_H

#include <pthread.h>

#include "live_fixture.h"
#include "module.h"

static void reset_in_each(struct __test_metadata *_metadata, FIXTURE_DATA(live) *self,
			  const char *how, int (*reset)(FIXTURE_DATA(live) *self))
{
	int fd, err;

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd)) TH_LOG("%s", live_name(state));
		err = reset(self);
		if (err == -ENOTTY) {
			close_file(fd);
			ASSERT_EQ(0, reopen(self));
			SKIP(return, "this device has no %s", how);
		}
		ASSERT_EQ(0, err) TH_LOG("%s in %s", how, live_name(state));
		EXPECT_EQ(RUNNING, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		is_dead(_metadata, fd, how, state);
		close_file(fd);
	}
}

static int reset_by_user(FIXTURE_DATA(live) *self)
{
	return variant_reset(&self->dev, self->driver);
}

TEST_F_TIMEOUT(live, user_reset_in_each_state_means_running, 60)
{
	reset_in_each(_metadata, self, "reset of its own or by its slot", reset_by_user);
}

static int reset_by_sysfs(FIXTURE_DATA(live) *self)
{
	int err = pci_write_attr(self->bdf, "reset", "1");

	return err == -ENOENT || err == -EACCES ? -ENOTTY : err;
}

TEST_F_TIMEOUT(live, sysfs_reset_in_each_state_means_running, 60)
{
	reset_in_each(_metadata, self, "reset in sysfs", reset_by_sysfs);
}

TEST_F_TIMEOUT(live, close_and_unbind_in_each_state_end_files, 60)
{
	int fd[LIVE_STATES];

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		fd[state] = LIVE_NO_FILE;
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd[state]));
		vfio_close(&self->dev);
		is_dead(_metadata, fd[state], "closed", state);
		ASSERT_EQ(0, pci_unbind(self->bdf));
		is_dead(_metadata, fd[state], "unbound", state);
		ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
		EXPECT_EQ(RUNNING, live_get(&self->dev));
	}
	/* They hold the core, but not the driver. */
	vfio_close(&self->dev);
	EXPECT_EQ(0, module_unload(self->driver));
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		is_dead(_metadata, fd[state], "unloaded", state);
		close_file(fd[state]);
	}
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
}

TEST_F(live, power_down_in_each_state_keeps_it)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	int fd;

	if (!pm)
		SKIP(return, "this device has no power management capability");
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd));
		vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3);
		EXPECT_EQ((int)state, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 0);
		EXPECT_EQ((int)state, live_get(&self->dev)) TH_LOG("%s", live_name(state));
		close_file(fd);
		ASSERT_EQ(0, reopen(self));
	}
}

static void *remove_device(void *bdf)
{
	return (void *)(intptr_t)pci_write_attr(bdf, "remove", "1");
}

/* Like a hot unplug: removing the driver waits until the user has closed the device. */
TEST_F_TIMEOUT(live, removal_in_each_state_ends_files, 120)
{
	int fd[LIVE_STATES];
	pthread_t thread;
	void *err;

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		fd[state] = LIVE_NO_FILE;
		if (!offered(self, state))
			continue;
		ASSERT_EQ(0, enter(self, state, &fd[state]));
		ASSERT_EQ(0, pthread_create(&thread, NULL, remove_device, self->bdf));
		usleep(20000);
		EXPECT_EQ((int)state, live_get(&self->dev));
		vfio_close_device(&self->dev);
		ASSERT_EQ(0, pthread_join(thread, &err));
		vfio_close(&self->dev);
		ASSERT_NULL(err);
		is_dead(_metadata, fd[state], "removed", state);
		ASSERT_EQ(0, write_file("/sys/bus/pci/rescan", "1"));
		ASSERT_TRUE(pci_bind_new(self->bdf, self->driver, SOON * test_slowdown()));
		ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, self->driver));
		EXPECT_EQ(RUNNING, live_get(&self->dev));
	}
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		is_dead(_metadata, fd[state], "removed and found again", state);
		close_file(fd[state]);
	}
}

#endif
