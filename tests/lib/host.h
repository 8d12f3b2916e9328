/* SPDX-License-Identifier: GPL-2.0-only */
/* The monitor of the QEMU that this very guest runs in: unplug a device, inject an error, ... */
#ifndef TESTS_LIB_HOST_H
#define TESTS_LIB_HOST_H

#include <stdbool.h>
#include <stddef.h>

bool host_available(void);

/* Runs a command of QEMU's human monitor; its output goes to @reply. Returns 0 or -errno. */
int host_monitor(const char *command, char *reply, size_t len);

#endif
