// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device behind a hot-plug port is added and removed: the user of an open device gets a request,
 * and the kernel waits until the user closes the device.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "fixture.h"
#include "host.h"
#include "live.h"
#include "mem.h"
#include "variant.h"

#define PORT "0000:00:12.0" /* rp3 of lab/devices */

FIXTURE(hotplug)
{
	char bdf[BDF_LEN], slot[64];
	struct vfio_dev dev;
	pthread_t unplugger;
	bool unplugging;
};

/* The slot of the bus behind the port. */
static bool find_slot(char *path, size_t len)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/bus/pci/slots");
	char bus[BDF_LEN] = "", text[32] = "";
	bool found = false;
	int fd;

	if (pci_read_attr(PORT, "secondary_bus_number", bus, sizeof(bus)))
		return false;
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, len, "/sys/bus/pci/slots/%.16s/address", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) > 0)
			found = atoi(bus) == strtol(text + strlen("0000:"), NULL, 16);
		close(fd);
		snprintf(path, len, "/sys/bus/pci/slots/%.16s/power", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool is_there(const char *bdf)
{
	char text[16];

	return !pci_read_attr(bdf, "vendor", text, sizeof(text));
}

static bool wait_for(const char *bdf, bool there)
{
	for (int i = 0; i < SOON / 10 && is_there(bdf) != there; i++)
		usleep(10000);
	return is_there(bdf) == there;
}

/* Plugs an e1000e in and opens it. */
FIXTURE_SETUP(hotplug)
{
	char bus[BDF_LEN];

	/* lockdep reports a cycle of pciehp's own locks, and then turns itself off. */
	if (!access("/proc/lockdep_stats", F_OK))
		SKIP(return, "plugging would turn lockdep off: use KERNEL=debian-6.12");

	if (!host_available())
		SKIP(return, "no monitor of QEMU: run it in the virtual machine, make test");
	if (!find_slot(self->slot, sizeof(self->slot)))
		SKIP(return, "this kernel has no PCI Express hot-plug (CONFIG_HOTPLUG_PCI_PCIE)");
	ASSERT_EQ(0, pci_read_attr(PORT, "secondary_bus_number", bus, sizeof(bus)));
	snprintf(self->bdf, sizeof(self->bdf), "0000:%02x:00.0", atoi(bus));
	ASSERT_EQ(0, host_monitor("device_add e1000e,id=hot,bus=rp3", NULL, 0));
	ASSERT_TRUE(wait_for(self->bdf, true));
	ASSERT_TRUE(pci_bind_new(self->bdf, vfio_driver(), SOON));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
}

/* Until all of plugging is done, after the driver's probe, pciehp says that the slot is off. */
static void *power_off(void *slot)
{
	long err = -ENODEV;

	for (int i = 0; i < SOON / 10 && err == -ENODEV; i++) {
		err = write_file(slot, "0");
		if (err)
			usleep(10000);
	}
	return (void *)err;
}

static void start_unplug(struct __test_metadata *_metadata, FIXTURE_DATA(hotplug) *self)
{
	self->unplugging = true;
	ASSERT_EQ(0, pthread_create(&self->unplugger, NULL, power_off, self->slot));
}

FIXTURE_TEARDOWN(hotplug)
{
	void *err = NULL;

	vfio_close_device(&self->dev);
	if (self->unplugging)
		pthread_join(self->unplugger, &err);
	vfio_close(&self->dev);
	if (!is_there(self->bdf) && !self->unplugging)
		return;
	if (!self->unplugging)
		err = power_off(self->slot);
	EXPECT_NULL(err);
	EXPECT_TRUE(wait_for(self->bdf, false));
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
	start_unplug(_metadata, self);
	ASSERT_TRUE(eventfd_wait(request, SOON, NULL));
	EXPECT_TRUE(try_read32(map, &value));
	EXPECT_EQ(0x8086, vfio_config_read(&self->dev, 0, 2));
	EXPECT_TRUE(is_there(self->bdf));
	ASSERT_EQ(0, munmap(map, PAGE));
	vfio_close_device(&self->dev);
	EXPECT_TRUE(wait_for(self->bdf, false));
}

/* The data file of live migration outlives the device, and then touches nothing. */
TEST_F_TIMEOUT(hotplug, live_file_outlives_unplugged_device, 60)
{
	struct live_data data = {};
	int request, fd;

	vfio_close(&self->dev);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, "livemem"));
	request = watch(&self->dev, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, request);
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	start_unplug(_metadata, self);
	ASSERT_TRUE(eventfd_wait(request, SOON, NULL));
	EXPECT_EQ(0, live_read(fd, &data, PAGE));
	live_free(&data);
	vfio_close_device(&self->dev);
	EXPECT_TRUE(wait_for(self->bdf, false));
	EXPECT_EQ(-ENODEV, live_read(fd, &data, PAGE));
	close(fd);
	live_free(&data);
}

TEST_HARNESS_MAIN
