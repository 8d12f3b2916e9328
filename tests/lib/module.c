// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "pci.h"

#define MAX_PARAMETERS 8

extern char **environ;

/* Modules are there by another name than that of their file. */
static void name_there(char *there, size_t len, const char *name)
{
	snprintf(there, len, "%s", name);
	for (char *c = there; *c; c++)
		if (*c == '-')
			*c = '_';
}

static bool is_there(const char *name)
{
	char there[64], path[96];

	name_there(there, sizeof(there), name);
	snprintf(path, sizeof(path), "/sys/module/%s", there);
	return !access(path, F_OK);
}

/* No shell in between: on a kernel that checks itself it takes longer than the module does. */
static int modprobe(const char *name, const char *parameters)
{
	char *argv[MAX_PARAMETERS + 3] = { "modprobe", (char *)name }, copy[256], *rest = copy;
	int n = 2, err, status;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", parameters);
	while (n < MAX_PARAMETERS + 2 && (argv[n] = strsep(&rest, " ")))
		n += !!*argv[n];
	argv[n] = NULL;
	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return -err;
	return waitpid(pid, &status, 0) == pid && !status ? 0 : -EINVAL;
}

int module_need(const char *name)
{
	return is_there(name) ? 0 : modprobe(name, "");
}

int module_unload(const char *name)
{
	char there[64];
	int err;

	if (!is_there(name))
		return 0;
	name_there(there, sizeof(there), name);
	pci_unbind_all(there);
	err = syscall(SYS_delete_module, there, O_NONBLOCK) ? -errno : 0;
	if (err)
		printf("# %s does not unload: %s\n", name, strerror(-err));
	return err;
}

int module_load(const char *name, const char *parameters)
{
	return module_unload(name) ?: modprobe(name, parameters);
}
