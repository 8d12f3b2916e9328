// SPDX-License-Identifier: GPL-2.0-only
/* The core's tracepoints are defined here, and declared in <trace/events/vfio_pci_sdk.h>. */
#include <linux/pci.h>

#define CREATE_TRACE_POINTS
#include <trace/events/vfio_pci_sdk.h>
