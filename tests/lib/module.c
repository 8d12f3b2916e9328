// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module.h"

static int run(const char *command)
{
	return system(command) ? -EINVAL : 0;
}

static void path_of(char *path, size_t len, const char *name)
{
	snprintf(path, len, "/sys/module/%s", name);
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
}

int module_unload(const char *name)
{
	char path[128], command[512];

	path_of(path, sizeof(path), name);
	if (access(path, F_OK))
		return 0;
	/* A module's drivers are links in its directory. */
	snprintf(command, sizeof(command),
		 "for dev in %s/drivers/*/0*:*; do [ ! -e $dev ] || echo ${dev##*/} >$dev/driver/unbind; done; rmmod %s",
		 path, name);
	return run(command);
}

int module_load(const char *name, const char *parameters)
{
	char command[512];
	int err = module_unload(name);

	if (err)
		return err;
	snprintf(command, sizeof(command), "modprobe %s %s", name, parameters);
	return run(command);
}
