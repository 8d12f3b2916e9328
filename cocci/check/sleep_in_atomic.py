# SPDX-License-Identifier: GPL-2.0-only
"""Nothing sleeps under a spinlock

Id: VPS-LOCK-02
Group: locking
Severity: error
Reason: with a spinlock held, in an RCU read section, or with interrupts or preemption off, the task cannot be
  scheduled away: a mutex, an allocation with GFP_KERNEL, a copy to user space or vfree() there is a bug that only
  shows when it has to wait.
Prevents: "vfio/pds: Fix possible sleep while in atomic context"
Fix: do that before the lock is taken or after it is released; or make the lock a mutex, if no interrupt takes it
"""

from review_locks import sleeps, via


def check(driver):
    for f, call, lock, way in driver.locks.under(["spin", "rcu", "atomic"], sleeps):
        yield driver.hit(f, call.at, "%s may sleep, %s" % (via(way), "with interrupts or preemption off" if
                         lock.kind == "atomic" else "under " + lock.name.replace("?.", "")))
