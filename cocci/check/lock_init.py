# SPDX-License-Identifier: GPL-2.0-only
"""A lock lives as long as what it is in

Id: VPS-LOCK-03
Group: locking
Severity: error
Reason: a lock that is initialised at each open is overwritten while a reset of the device, which need not be open,
  holds it, and is used before the first open by whatever does not come from user space: reset handlers, sysfs, the
  parent. A lock that is never initialised works by accident, without lockdep.
Prevents: "vfio/pds: Fix mutex lock->magic != lock warning"
Fix: initialise it in .init and destroy it in .release, like the structure it is in
"""

import re

from review_driver import same_lock
from review_resources import ALLOC, written

INIT = re.compile(r"(mutex_init|spin_lock_init|init_rwsem|raw_spin_lock_init)$")


def check(driver):
    locks = driver.locks
    yield from never(driver)
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


def never(driver):
    """Locks of the driver's structures that are never initialised."""
    made = {driver.lock_of(f, call.arg(n)) for f in driver.functions for _, call in driver.calls(f) if re.search(
        r"init|INIT|LOCK", call.name) for n in range(len(call.args))}
    kinds = {driver.structure(driver.type_of(f, written(node, call))) for f in driver.functions for node, call in driver.calls(f)
             if ALLOC.match(call.name) or call.name == "vfio_alloc_device"}
    said = set()
    for f in driver.functions:
        for _, call in driver.calls(f):
            lock = driver.locks.taking(f, call)
            kind, _, member = lock.name.partition(".") if lock else ("", "", "")
            if not lock or kind not in kinds or lock.name in said or any(same_lock(lock.name, name) for name in made):
                continue
            if re.search(r"mutex|spinlock|rw_sem", driver.structures.get(kind, {}).get(member, "")):
                said.add(lock.name)
                yield driver.hit(f, call.at, "nobody initialises %s" % lock.name)
