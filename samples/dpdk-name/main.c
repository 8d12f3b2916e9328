// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-pci.ko: a name and nothing else. DPDK wants two things to be called vfio-pci: the driver of
 * the device, which the parameter "name" of our drivers is for, and a loaded module, which it looks
 * for as /sys/module/vfio_pci. This module has no code, so it loads beside any driver; it is never
 * installed, because modprobe would take it for the kernel's own.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("The name of a module that DPDK looks for; the driver is another one");
MODULE_LICENSE("GPL");
