# SPDX-License-Identifier: GPL-2.0-only
"""A lock lives as long as what it is in

Id: VPS-LOCK-03
Group: locking
Severity: error
Reason: a lock that is initialised at each open is overwritten while a reset of a device that nobody has opened holds
  it, and is used before the first open by whatever does not come from user space: reset handlers, sysfs, the parent.
Prevents: "vfio/pds: Fix mutex lock->magic != lock warning"
Mend: initialise it in .init and destroy it in .release, like the structure it is in
"""

import re

from review_driver import same_lock

INIT = re.compile(r"(mutex_init|spin_lock_init|init_rwsem|raw_spin_lock_init)$")


def check(driver):
    locks = driver.locks
    opening = driver.below(driver.part_of("open")) - driver.below(driver.part_of("init", "probe"))
    outside = driver.below(driver.part_of("reset_done", "reset_prepare", "remove", "irq", "sriov"))
    taken = [lock for f in outside for _, call in driver.calls(f) for lock in [locks.taking(f, call)] if lock]
    for f in opening:
        for _, call in driver.calls(f):
            if INIT.match(call.name):
                name = driver.lock_of(f, call.arg(0))
                if any(same_lock(name, lock.name) for lock in taken):
                    yield driver.hit(f, call.at, "%s is initialised at each open, and taken by %s" % (
                        name.split(".")[-1], "what may run before and beside it"))
