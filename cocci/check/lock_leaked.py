# SPDX-License-Identifier: GPL-2.0-only
"""A lock that is taken is released on every path

Id: VPS-LOCK-01
Group: locking
Severity: error
Reason: a path that returns with a lock held, where another one releases it, makes the next task that takes the lock
  wait for ever: for memory_lock every fault, access and reset of the device.
Prevents: a hang at the first error
Fix: release it on this path as well, or use guard() or scoped_guard()
"""

import re

from review_driver import same_lock


def check(driver):
    locks = driver.locks
    for f in driver.functions:
        locks.look(f)
    for f in driver.functions:
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
            if lock.kind != "device" and not any(releases(driver, g, lock) for g in driver.functions) or (
                    lock.kind in ("mutex", "spin", "read", "write") and not for_the_caller(driver, f, lock, ())):
                yield driver.hit(f, f.at, "%s() takes %s, and nothing releases it" % (
                    f.name, lock.name.replace("?.", "")))
        yield from untaken(driver, f)


def for_the_caller(driver, f, lock, seen):
    """True if the function takes the lock on behalf of its caller."""
    if f in seen or f in driver.part_of("reset_prepare"):
        return True
    if not driver.callers[f]:
        return bool(re.search(r"lock|begin|enter|prepare|start|revoke|suspend|freeze", f.name)) or not f.static
    return any(releases(driver, c, lock) or c in driver.part_of("reset_prepare") or c.name.endswith("reset_prepare") or
               any(same_lock(r.name, lock.name) for g in driver.callees(c)
                   for r in driver.locks.released.get(g, ())) or
               (any(same_lock(t.name, lock.name) for t in driver.locks.taken.get(c, ())) and
                for_the_caller(driver, c, lock, tuple(seen) + (f,))) for c, _, _ in driver.callers[f])


def untaken(driver, f):
    """Locks that a function releases and none of its callers holds."""
    locks = driver.locks
    entry = f.static and not driver.callers[f] and not (f in driver.part_of("reset_done") and (
        driver.part_of("reset_prepare") or "vfio_pci_core_reset_prepare" in driver.words))
    for lock in sorted(locks.released[f]):
        if lock.kind not in ("mutex", "spin", "read", "write") or not any(
                t and same_lock(t.name, lock.name) for g in driver.functions for _, c in driver.calls(g)
                for t in [locks.taking(g, c)]):
            continue
        if entry:
            if taken_by_counterpart(driver, f, lock):
                continue
            yield driver.hit(f, f.at, "%s() releases %s, which it has not taken on every path" % (
                f.name, lock.name.replace("?.", "")))
        for caller, node, call in driver.callers[f]:
            locks.look(caller)
            if not locks.held[caller]:
                locks_at = set()
            else:
                locks_at = locks.at(caller, node)
            if any(same_lock(x.name, lock.name) for x in locks_at) or any(
                    same_lock(r.name, lock.name) for r in locks.released[caller]) or any(
                    t and same_lock(t.name, lock.name) for _, c in driver.calls(caller) for t in [locks.taking(caller, c)]):
                continue
            if any(same_lock(h.lock.name, lock.name) for g in driver.callees(caller) for _, _, state in locks.ends[g]
                   for h in state):
                continue        # a function that the caller calls takes it, when it can
            if not any(releases(driver, h, lock) for h in [f]) or caller in driver.part_of("reset_done"):
                continue
            yield driver.hit(caller, call.at, "%s() releases %s, which is not held here" % (
                f.name, lock.name.replace("?.", "")))


def taken_by_counterpart(driver, f, lock):
    """Is there a callback that takes the lock for this one, which comes later?"""
    return any(not driver.callers[g] and same_lock(t.name, lock.name) and for_the_caller(driver, g, lock, ())
               for g in driver.functions if g is not f for t in driver.locks.taken.get(g, ()))


def releases(driver, f, lock):
    found = [driver.locks.releasing(f, call) for _, call in driver.calls(f)]
    return any(r and same_lock(r.name, lock.name) for r in found)


def handed_on(driver, f, lock):
    """True if the function tries to take the lock on behalf of its caller, which then releases it, directly or not."""
    if f in driver.part_of("reset_prepare") or f.name.endswith("reset_prepare"):
        return True
    if not driver.callers[f]:
        return not f.static
    if any(lock == tried for tried, _ in driver.locks.tried[f]):
        return True         # and its result says so: they hold it then
    for caller, _, _ in driver.callers[f]:
        driver.locks.look(caller)
        if releases(driver, caller, lock) or any(same_lock(r.name, lock.name) for g in driver.callees(caller)
                                                 for r in driver.locks.released.get(g, ())):
            return True
    return False


def of_a_list(driver, f, lock):
    """True if it is one of many locks, taken in a loop over a list."""
    heads = [t.text for node in driver.graph(f).nodes if node.kind == "iterate" for t in node.tokens]
    return any(lock in taken(driver, f, call) and any(t.text in heads for t in call.args[0])
               for _, call in driver.calls(f) if call.args)


def taken(driver, f, call):
    """What a call takes, or may take."""
    locks = driver.locks
    found = {locks.taking(f, call)}
    for g in driver.targets(f, call):
        found |= locks.taken[g] | {lock for lock, _ in locks.tried[g]}
    return found
