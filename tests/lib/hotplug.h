/* SPDX-License-Identifier: GPL-2.0-only */
/* A device behind the lab's hot-pluggable port: it comes by QEMU's monitor and goes by sysfs. */
#ifndef TESTS_LIB_HOTPLUG_H
#define TESTS_LIB_HOTPLUG_H

#include <pthread.h>
#include <stdbool.h>

#include "pci.h"

struct hotplug {
	char bdf[BDF_LEN], slot[64];
	pthread_t unplugger;
	bool unplugging;
};

/* Why nothing can be plugged in here, or NULL. */
const char *hotplug_cannot(struct hotplug *hot);

/* Plugs in what -device says of it, without bus=, and waits until it is seen. 0 or -errno. */
int hotplug_add(struct hotplug *hot, const char *device);

/* Switches the slot off, in a thread: the kernel waits for users of the device. 0 or -errno. */
int hotplug_unplug(struct hotplug *hot);

/* Waits for that thread, or switches the slot off if none does. Returns what sysfs said. */
int hotplug_end(struct hotplug *hot);

/* Is there such a device? Waits until there is one, or is none. */
bool hotplug_is_there(const char *bdf);
bool hotplug_wait(const char *bdf, bool there);

#endif
