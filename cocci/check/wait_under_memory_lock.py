# SPDX-License-Identifier: GPL-2.0-only
"""Nothing waits for the device for long under memory_lock

Id: VPS-RST-06
Group: reset
Severity: error
Reason: every fault, access, reset and change of the device's power takes memory_lock. A task that sleeps under it until
  the device answers stops them all, and the tasks that wait cannot be killed.
Prevents: a reset that hangs for as long as a device takes to come up
Fix: wait before the lock is taken and ask again under it; in a fault handler return VM_FAULT_RETRY or SIGBUS
"""

from review_locks import via, waits


def check(driver):
    for f, call, _, way in driver.locks.under(["read", "write"], waits, "memory_lock"):
        if "vfio_pci_dma_buf_move" in way or f.name == "vfio_pci_dma_buf_move":
            continue        # the core's, whose importers have to be gone before the device is
        yield driver.hit(f, call.at, "%s waits under memory_lock" % via(way))
