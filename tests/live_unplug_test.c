// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration of a device whose slot is switched off: in each state, and while another thread
 * reads or writes the data file.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "hotplug.h"
#include "live_fixture.h"
#include "module.h"

#define DRIVER "livemem"

FIXTURE(unplug)
{
	FIXTURE_DATA(live) live;
	struct hotplug hot;
	int request;
};

static void plug(struct __test_metadata *_metadata, FIXTURE_DATA(unplug) *self)
{
	ASSERT_EQ(0, hotplug_add(&self->hot, "e1000e,id=hot"));
	ASSERT_TRUE(pci_bind_new(self->hot.bdf, DRIVER, SOON));
	memcpy(self->live.bdf, self->hot.bdf, sizeof(self->live.bdf));
	live_free(&self->live.data);
	live_begin(_metadata, &self->live);
	self->request = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_EQ(0, vfio_set_eventfds(&self->live.dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1,
				       &self->request));
}

FIXTURE_SETUP(unplug)
{
	const char *why = hotplug_cannot(&self->hot);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, module_load(DRIVER, ""));
	self->live.driver = DRIVER;
	plug(_metadata, self);
}

/* The slot is off, and the device is asked back: the kernel waits for its user. */
static void start(struct __test_metadata *_metadata, FIXTURE_DATA(unplug) *self)
{
	ASSERT_EQ(0, hotplug_unplug(&self->hot));
	ASSERT_TRUE(eventfd_wait(self->request, SOON, NULL));
}

static void finish(struct __test_metadata *_metadata, FIXTURE_DATA(unplug) *self)
{
	vfio_close_device(&self->live.dev);
	close(self->request);
	ASSERT_EQ(0, hotplug_end(&self->hot));
	vfio_close(&self->live.dev);
	ASSERT_TRUE(hotplug_wait(self->hot.bdf, false));
}

FIXTURE_TEARDOWN(unplug)
{
	if (hotplug_is_there(self->hot.bdf))
		finish(_metadata, self);
	live_free(&self->live.data);
}

TEST_F_TIMEOUT(unplug, ends_files_in_each_state, 180)
{
	FIXTURE_DATA(live) *live = &self->live;
	int fd[LIVE_STATES];

	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		fd[state] = LIVE_NO_FILE;
		if (!offered(live, state))
			continue;
		if (!hotplug_is_there(self->hot.bdf))
			plug(_metadata, self);
		ASSERT_EQ(0, enter(live, state, &fd[state])) TH_LOG("%s", live_name(state));
		start(_metadata, self);
		EXPECT_EQ((int)state, live_get(&live->dev));
		finish(_metadata, self);
		is_dead(_metadata, fd[state], "unplugged", state);
	}
	plug(_metadata, self);
	for (uint32_t state = 0; state < LIVE_STATES; state++) {
		is_dead(_metadata, fd[state], "unplugged and plugged in again", state);
		close_file(fd[state]);
	}
}

struct copier {
	int fd;
	struct live_data *from; /* NULL: reads */
	atomic_size_t done;
	int err;
};

/* Byte by byte until that fails; at the end of a stream a reader goes on reading nothing. */
static void *copy_bytes(void *arg)
{
	struct copier *copier = arg;
	size_t done = 0;
	ssize_t n = 0;
	char byte;

	while (n >= 0 && !(copier->from && done == copier->from->len)) {
		n = copier->from ? write(copier->fd, copier->from->buf + done, 1) :
				   read(copier->fd, &byte, 1);
		done += n > 0;
		atomic_store(&copier->done, done);
	}
	copier->err = n < 0 ? -errno : 0;
	return NULL;
}

TEST_F_TIMEOUT(unplug, ends_files_while_copying, 120)
{
	FIXTURE_DATA(live) *live = &self->live;

	for (int writes = 0; writes < 2; writes++) {
		struct copier copier = { .from = writes ? &live->data : NULL };
		uint32_t state = writes ? RESUMING : STOP_COPY;
		pthread_t thread;

		if (!hotplug_is_there(self->hot.bdf))
			plug(_metadata, self);
		ASSERT_EQ(0, live_set(&live->dev, state, &copier.fd));
		ASSERT_EQ(0, pthread_create(&thread, NULL, copy_bytes, &copier));
		start(_metadata, self);
		while (!atomic_load(&copier.done))
			usleep(1000);
		finish(_metadata, self);
		pthread_join(thread, NULL);
		EXPECT_EQ(-ENODEV, copier.err) TH_LOG("%s", live_name(state));
		is_dead(_metadata, copier.fd, "unplugged", state);
		close(copier.fd);
	}
}

TEST_HARNESS_MAIN
