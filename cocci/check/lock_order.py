# SPDX-License-Identifier: GPL-2.0-only
"""Locks are taken from top to bottom

Id: VPS-MMAP-11
Group: mmap
Severity: error
Reason: dev_set->lock, igate, memory_lock: the core takes them in this order when it resets and sets up interrupts. A task
  that takes them the other way round waits for the core, which waits for that task.
Prevents: a deadlock that lockdep names (lab kernels have it on); core_reset_test hot_reset
Fix: take the upper lock first, or do not hold the lower one
"""

ORDER = {"the set's lock": 0, "igate": 1, "memory_lock": 2}


def check(driver):
    locks = driver.locks

    def place(f, call):
        """The lock of the three that a call waits for, or None."""
        lock = locks.taking(f, call)
        if lock is None or "try" in call.name:
            return None
        member = lock.name.split(".")[-1]
        if member == "lock" and ("dev_set" in call.arg(0) or lock.name == "vfio_device_set.lock"):
            return "the set's lock"
        return member if member in ORDER else None

    def reached(f, seen):
        """The uppermost lock that a function and what it calls take."""
        found = []
        for _, call in driver.calls(f):
            found.append(place(f, call))
            for g in driver.targets(f, call):
                if g not in seen:
                    seen.add(g)
                    found.append(reached(g, seen))
        return min((x for x in found if x), key=ORDER.get, default=None)

    for f in driver.functions:
        locks.look(f)
        for node, call in driver.calls(f):
            held = [x.name.split(".")[-1] for x in locks.at(f, node) | locks.inside(f, node, call)]
            held = [x for x in held if x in ("igate", "memory_lock")]
            if not held:
                continue
            upper = place(f, call)
            if upper is None:
                targets = driver.targets(f, call)
                upper = min((x for x in (reached(g, {g}) for g in targets if not locks.released[g]) if x),
                            key=ORDER.get, default=None) if targets else None
            below = next((x for x in held if upper and ORDER[upper] < ORDER[x]), None)
            if below:
                yield driver.hit(f, call.at, "%s is taken under %s" % (upper, below))
