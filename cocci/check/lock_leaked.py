# SPDX-License-Identifier: GPL-2.0-only
"""A lock that is taken is released on every path

Id: VPS-LOCK-01
Group: locking
Severity: error
Reason: a path that returns with a lock held, where another one releases it, makes the next one who takes the lock wait
  for ever: for memory_lock every fault, access and reset of the device.
Prevents: a hang at the first error
Mend: release it on this path as well, or use guard() or scoped_guard()
"""

from review_driver import same_lock


def check(driver):
    locks = driver.locks
    for f in driver.functions:
        locks.look(f)
        ends = locks.ends[f]
        held = {h.lock for _, _, state in ends for h in state if not h.when}
        for lock in sorted(held - locks.taken[f]):
            if of_a_list(driver, f, lock) or handed_on(driver, f, lock):
                continue
            for last, _, state in ends:
                if any(h.lock == lock and not h.when for h in state):
                    yield driver.hit(f, last.at if last else f.at, "%s() returns here with %s held" % (
                        f.name, lock.name.replace("?.", "")))
        for lock in sorted(locks.taken[f]):
            if lock.kind != "device" and not any(releases(driver, g, lock) for g in driver.functions):
                yield driver.hit(f, f.at, "%s() takes %s, and nothing releases it" % (
                    f.name, lock.name.replace("?.", "")))


def releases(driver, f, lock):
    found = [driver.locks.releasing(f, call) for _, call in driver.calls(f)]
    return any(r and same_lock(r.name, lock.name) for r in found)


def handed_on(driver, f, lock):
    """Is it a function that takes the lock for its caller, when it can? Then the caller releases it, or calls who does."""
    if not releases(driver, f, lock) and not any(
            same_lock(r.name, lock.name) for g in driver.callees(f) for r in driver.locks.released.get(g, ())):
        return True
    for caller, _, _ in driver.callers[f]:
        driver.locks.look(caller)
        if releases(driver, caller, lock) or any(same_lock(r.name, lock.name) for g in driver.callees(caller)
                                                 for r in driver.locks.released.get(g, ())):
            return True
    return False


def of_a_list(driver, f, lock):
    """Is it one lock of many, taken in a loop over a list?"""
    heads = [t.text for node in driver.graph(f).nodes if node.kind == "iterate" for t in node.tokens]
    return any(driver.locks.taking(f, call) == lock and any(t.text in heads for t in call.args[0])
               for _, call in driver.calls(f) if call.args)
