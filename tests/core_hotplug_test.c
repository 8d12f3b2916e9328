// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device behind a hot-plug port is added and removed: the user of an open device gets a request,
 * and the kernel waits until the user closes the device.
 */
#include <sys/eventfd.h>

#include "fixture.h"
#include "hotplug.h"
#include "live.h"
#include "mem.h"
#include "variant.h"

FIXTURE(hotplug)
{
	struct hotplug hot;
	struct vfio_dev dev;
};

/* Plugs an e1000e in and opens it. */
FIXTURE_SETUP(hotplug)
{
	const char *why = hotplug_cannot(&self->hot);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, hotplug_add(&self->hot, "e1000e,id=hot"));
	ASSERT_TRUE(pci_bind_new(self->hot.bdf, vfio_driver(), SOON));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->hot.bdf));
}

FIXTURE_TEARDOWN(hotplug)
{
	vfio_close_device(&self->dev);
	EXPECT_EQ(0, hotplug_end(&self->hot));
	vfio_close(&self->dev);
	EXPECT_TRUE(hotplug_wait(self->hot.bdf, false));
}

static int watch(struct vfio_dev *dev, unsigned int index)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	return vfio_set_eventfds(dev, index, 0, 1, &fd) ? -1 : fd;
}

/* The slot is switched off: the user gets a request, keeps full access, and then closes. */
TEST_F_TIMEOUT(hotplug, unplugged_while_open, 60)
{
	int request = watch(&self->dev, VFIO_PCI_REQ_IRQ_INDEX);
	char *map = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	uint32_t value;

	ASSERT_LE(0, request);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_FALSE(eventfd_wait(request, 0, NULL));
	ASSERT_EQ(0, hotplug_unplug(&self->hot));
	ASSERT_TRUE(eventfd_wait(request, SOON, NULL));
	EXPECT_TRUE(try_read32(map, &value));
	EXPECT_EQ(0x8086, vfio_config_read(&self->dev, 0, 2));
	EXPECT_TRUE(hotplug_is_there(self->hot.bdf));
	ASSERT_EQ(0, munmap(map, PAGE));
	vfio_close_device(&self->dev);
	EXPECT_TRUE(hotplug_wait(self->hot.bdf, false));
}

/* The data file of live migration outlives the device, and then touches nothing. */
TEST_F_TIMEOUT(hotplug, live_file_outlives_unplugged_device, 60)
{
	struct live_data data = {};
	int request, fd;

	vfio_close(&self->dev);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->hot.bdf, "livemem"));
	request = watch(&self->dev, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, request);
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	ASSERT_EQ(0, hotplug_unplug(&self->hot));
	ASSERT_TRUE(eventfd_wait(request, SOON, NULL));
	EXPECT_EQ(0, live_read(fd, &data, PAGE));
	live_free(&data);
	vfio_close_device(&self->dev);
	EXPECT_TRUE(hotplug_wait(self->hot.bdf, false));
	EXPECT_EQ(-ENODEV, live_read(fd, &data, PAGE));
	close(fd);
	live_free(&data);
}

TEST_HARNESS_MAIN
