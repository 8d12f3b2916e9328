/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules: load one with other parameters, unload it. */
#ifndef TESTS_LIB_MODULE_H
#define TESTS_LIB_MODULE_H

/*
 * Reloads a module: unloads it first if it is loaded, after unbinding its devices. Parameters have
 * spaces between them, and none within. 0 or -errno.
 */
int module_load(const char *name, const char *parameters);
int module_unload(const char *name);
/* Loads it unless it is there. */
int module_need(const char *name);

#endif
