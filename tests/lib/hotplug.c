// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "hotplug.h"
#include "vfio.h"

#define PORT "0000:00:12.0" /* rp3 of lab/devices */

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

const char *hotplug_cannot(struct hotplug *hot)
{
	/* lockdep reports a cycle of pciehp's own locks, and then turns itself off. */
	if (!access("/proc/lockdep_stats", F_OK))
		return "plugging would turn lockdep off: use KERNEL=debian-6.12";
	if (!host_available())
		return "no monitor of QEMU: run it in the virtual machine, make test";
	if (!find_slot(hot->slot, sizeof(hot->slot)))
		return "this kernel has no PCI Express hot-plug (CONFIG_HOTPLUG_PCI_PCIE)";
	return NULL;
}

bool hotplug_is_there(const char *bdf)
{
	char text[16];

	return !pci_read_attr(bdf, "vendor", text, sizeof(text));
}

bool hotplug_wait(const char *bdf, bool there)
{
	for (int i = 0; i < SOON / 10 && hotplug_is_there(bdf) != there; i++)
		usleep(10000);
	return hotplug_is_there(bdf) == there;
}

int hotplug_add(struct hotplug *hot, const char *device)
{
	char bus[BDF_LEN], command[256];
	int err = pci_read_attr(PORT, "secondary_bus_number", bus, sizeof(bus));

	if (err)
		return err;
	snprintf(hot->bdf, sizeof(hot->bdf), "0000:%02x:00.0", (unsigned char)atoi(bus));
	snprintf(command, sizeof(command), "device_add %s,bus=rp3", device);
	err = host_monitor(command, NULL, 0);
	if (err)
		return err;
	return hotplug_wait(hot->bdf, true) ? 0 : -ENODEV;
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

int hotplug_unplug(struct hotplug *hot)
{
	hot->unplugging = true;
	return -pthread_create(&hot->unplugger, NULL, power_off, hot->slot);
}

int hotplug_end(struct hotplug *hot)
{
	void *err = NULL;

	if (hot->unplugging)
		pthread_join(hot->unplugger, &err);
	else if (*hot->bdf && hotplug_is_there(hot->bdf))
		err = power_off(hot->slot);
	hot->unplugging = false;
	return (long)err;
}
