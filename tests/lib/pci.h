/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI devices through sysfs: find one, give it to a driver, take it away. */
#ifndef TESTS_LIB_PCI_H
#define TESTS_LIB_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define BDF_LEN 16

struct pci_id {
	uint16_t vendor, device;
	const char *name;
};

/* The devices of the lab's virtual machine. */
extern const struct pci_id pci_edu, pci_ivshmem, pci_testdev, pci_nvme, pci_e1000e, pci_e1000,
	pci_igb, pci_vga, pci_rng;

/*
 * The device number @n of that kind, in the order of bus addresses; or VFIO_SELFTESTS_BDF from the
 * environment when that device is of that kind and @n is 0. Returns 0, or -ENODEV.
 */
int pci_find(const struct pci_id *id, unsigned int n, char bdf[BDF_LEN]);

/*
 * The narrowest access, in bytes, that the BARs of a device take. x86 reads ones and drops writes
 * where a device takes none; arm64 raises an external abort, of which the kernel dies in read().
 */
unsigned int pci_narrowest(const char *bdf);

/*
 * True if the CPU can access device memory at an address that is not a multiple of the access
 * width. x86 can; other CPUs fault, in kernel mode if the kernel makes the access.
 */
bool pci_misaligned_works(void);

/* The driver under test: VFIO_DRIVER from the environment, or vfio-pci-sdk. */
const char *vfio_driver(void);

/* Binds a device to a driver of that name and to no other; nothing to do when it is bound already.
 */
int pci_bind(const char *bdf, const char *driver);
int pci_unbind(const char *bdf);
/* Unbinds all devices from the drivers of a module; @module is its name in /sys/module. */
void pci_unbind_all(const char *module);

/*
 * As pci_bind(), for a device that was just plugged in: retries for up to @msec, since the device
 * appears in sysfs before it can be bound. Waits for the vfio device to be registered: the driver
 * link appears before probe ends, and the hotplug thread may be the one that probes.
 */
bool pci_bind_new(const char *bdf, const char *driver, unsigned int msec);

/* Name of the driver that has the device, or "". */
const char *pci_driver_of(const char *bdf);

/* A file of the device in sysfs, as text without the newline; or what to write into one. */
int pci_read_attr(const char *bdf, const char *attr, char *buf, int len);
int pci_write_attr(const char *bdf, const char *attr, const char *text);
int pci_iommu_group(const char *bdf);

/* Waits until runtime power management says "active" or "suspended"; false after some seconds. */
bool pci_power_becomes(const char *bdf, const char *state);

/* Physical range of a BAR (or ROM, 6) as the kernel has it. False when there is none. */
bool pci_resource(const char *bdf, unsigned int index, uint64_t *start, uint64_t *end,
		  uint64_t *flags);

int write_file(const char *path, const char *text);

#endif
