// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-pci.ko: a module without code.  DPDK expects the name vfio-pci for two things: the driver of
 * the device, see the parameter "name" of our drivers, and a loaded module, /sys/module/vfio_pci.
 * This module loads beside any driver.  It is never installed, because modprobe would take it for
 * the kernel's own.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("The name of a module that DPDK looks for; the driver is another one");
MODULE_LICENSE("GPL");
