# SPDX-License-Identifier: GPL-2.0-only
"""Nothing touches user memory under memory_lock

Id: VPS-MMAP-10
Group: mmap
Severity: error
Reason: user memory may have to be faulted in, which takes mmap_lock; it may even be a mapping of this device. A fault
  on the device takes mmap_lock first and memory_lock then: with a writer waiting for either lock both sides wait for
  ever. vfio_pci_core_access_begin(), _lock() and _revoke() take it as well.
Prevents: a deadlock that lockdep names (lab kernels have it on); docs/architecture.md, locks
Fix: copy to a buffer of the kernel's first, then take the lock, and the other way round for reading
"""

from review_locks import touches_user, via


def check(driver):
    for f, call, _, way in driver.locks.under(["read", "write"], touches_user, "memory_lock"):
        yield driver.hit(f, call.at, "%s %sunder memory_lock" % (
            via(way), "touches user memory, " if len(way) > 1 else ""))
