// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci.h"

#define SYS_PCI "/sys/bus/pci"

const struct pci_id pci_edu = { 0x1234, 0x11e8, "edu" };
const struct pci_id pci_ivshmem = { 0x1af4, 0x1110, "ivshmem-plain" };
const struct pci_id pci_testdev = { 0x1b36, 0x0005, "pci-testdev" };
const struct pci_id pci_nvme = { 0x1b36, 0x0010, "nvme" };
const struct pci_id pci_e1000e = { 0x8086, 0x10d3, "e1000e" };
const struct pci_id pci_e1000 = { 0x8086, 0x100e, "e1000" };
const struct pci_id pci_igb = { 0x8086, 0x10c9, "igb" };
const struct pci_id pci_vga = { 0x1234, 0x1111, "vga" };
const struct pci_id pci_rng = { 0x1af4, 0x1044, "virtio-rng" };

unsigned int pci_narrowest(const char *bdf)
{
#ifndef __x86_64__
	static const struct {
		const struct pci_id *id;
		unsigned int width;
	} narrowest[] = { { &pci_edu, 4 } };
	char vendor[8], device[8];

	if (pci_read_attr(bdf, "vendor", vendor, sizeof(vendor)) ||
	    pci_read_attr(bdf, "device", device, sizeof(device)))
		return 1;
	for (unsigned int i = 0; i < sizeof(narrowest) / sizeof(*narrowest); i++)
		if (strtoul(vendor, NULL, 16) == narrowest[i].id->vendor &&
		    strtoul(device, NULL, 16) == narrowest[i].id->device)
			return narrowest[i].width;
#endif
	return 1;
}

bool pci_misaligned_works(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

const char *vfio_driver(void)
{
	return getenv("VFIO_DRIVER") ?: "vfio-pci-sdk";
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done;
	int err;

	if (fd < 0)
		return -errno;
	done = write(fd, text, strlen(text));
	err = done < 0 ? -errno : 0;
	close(fd);
	return err;
}

static void attr_path(char *path, size_t len, const char *bdf, const char *attr)
{
	snprintf(path, len, SYS_PCI "/devices/%s/%s", bdf, attr);
}

int pci_read_attr(const char *bdf, const char *attr, char *buf, int len)
{
	char path[256];
	ssize_t got;
	int fd;

	attr_path(path, sizeof(path), bdf, attr);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	got = read(fd, buf, len - 1);
	close(fd);
	if (got < 0)
		return -errno;
	while (got && buf[got - 1] == '\n')
		got--;
	buf[got] = '\0';
	return 0;
}

int pci_write_attr(const char *bdf, const char *attr, const char *text)
{
	char path[256];

	attr_path(path, sizeof(path), bdf, attr);
	return write_file(path, text);
}

static bool is_kind(const char *bdf, const struct pci_id *id)
{
	char vendor[16], device[16];

	return !pci_read_attr(bdf, "vendor", vendor, sizeof(vendor)) &&
	       !pci_read_attr(bdf, "device", device, sizeof(device)) &&
	       strtoul(vendor, NULL, 16) == id->vendor && strtoul(device, NULL, 16) == id->device;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int pci_find(const struct pci_id *id, unsigned int n, char bdf[BDF_LEN])
{
	const char *named = getenv("VFIO_SELFTESTS_BDF");
	struct dirent **entries;
	int count, err = -ENODEV;

	if (named && !n && is_kind(named, id)) {
		snprintf(bdf, BDF_LEN, "%s", named);
		return 0;
	}
	count = scandir(SYS_PCI "/devices", &entries, not_hidden, alphasort);
	for (int i = 0; i < count; i++) {
		if (err && is_kind(entries[i]->d_name, id) && !n--) {
			snprintf(bdf, BDF_LEN, "%.15s", entries[i]->d_name);
			err = 0;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return err;
}

static const char *link_name(const char *bdf, const char *attr)
{
	static char target[256];
	char path[256];
	ssize_t len;

	attr_path(path, sizeof(path), bdf, attr);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return "";
	target[len] = '\0';
	return strrchr(target, '/') + 1;
}

const char *pci_driver_of(const char *bdf)
{
	return link_name(bdf, "driver");
}

int pci_iommu_group(const char *bdf)
{
	const char *group = link_name(bdf, "iommu_group");

	return *group ? atoi(group) : -ENODEV;
}

bool pci_power_becomes(const char *bdf, const char *state)
{
	char text[16] = "";

	for (unsigned int i = 0; i < 500; i++) {
		pci_read_attr(bdf, "power/runtime_status", text, sizeof(text));
		if (!strcmp(text, state))
			return true;
		usleep(10000);
	}
	printf("# %s is %s, not %s\n", bdf, text, state);
	return false;
}

int pci_unbind(const char *bdf)
{
	return *pci_driver_of(bdf) ? pci_write_attr(bdf, "driver/unbind", bdf) : 0;
}

int pci_bind(const char *bdf, const char *driver)
{
	int err;

	if (!strcmp(pci_driver_of(bdf), driver))
		return 0;
	err = pci_unbind(bdf);
	if (!err)
		err = pci_write_attr(bdf, "driver_override", driver);
	if (!err)
		err = write_file(SYS_PCI "/drivers_probe", bdf);
	if (!err && strcmp(pci_driver_of(bdf), driver)) {
		printf("# %s did not take the driver %s: is the module loaded? see dmesg\n", bdf,
		       driver);
		err = -ENODEV;
	}
	return err;
}

void pci_unbind_all(const char *module)
{
	struct dirent **entries;
	int count = scandir(SYS_PCI "/devices", &entries, not_hidden, alphasort);

	for (int i = 0; i < count; i++) {
		const char *bdf = entries[i]->d_name;

		if (*pci_driver_of(bdf) && !strcmp(link_name(bdf, "driver/module"), module))
			pci_unbind(bdf);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

bool pci_bind_new(const char *bdf, const char *driver, unsigned int msec)
{
	char registered[64];

	snprintf(registered, sizeof(registered), SYS_PCI "/devices/%s/vfio-dev", bdf);
	for (unsigned int i = 0; i < msec / 10 && access(registered, F_OK); i++) {
		pci_write_attr(bdf, "driver_override", driver);
		write_file(SYS_PCI "/drivers_probe", bdf);
		usleep(10000);
	}
	return !access(registered, F_OK) && !strcmp(pci_driver_of(bdf), driver);
}

bool pci_resource(const char *bdf, unsigned int index, uint64_t *start, uint64_t *end,
		  uint64_t *flags)
{
	char text[1024], *line = text;
	unsigned long long s, e, f;

	if (pci_read_attr(bdf, "resource", text, sizeof(text)))
		return false;
	while (line && index--) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line || sscanf(line, "%llx %llx %llx", &s, &e, &f) != 3 || !f)
		return false;
	*start = s;
	*end = e;
	*flags = f;
	return true;
}
