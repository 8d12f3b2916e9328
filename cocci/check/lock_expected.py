# SPDX-License-Identifier: GPL-2.0-only
"""The lock that a function expects is held by all who call it

Id: VPS-LOCK-05
Group: locking
Severity: error
Reason: lockdep_assert_held() says what a function relies on, but only where a test comes by; and a helper that every
  caller but one calls under the same lock relies on it as well. vfio_pci_core_assert_access_locked() expects exclusive
  access: vfio_pci_core_access_lock() or _revoke(), or a callback that the core makes with it.
Prevents: "vfio/mlx5: Protect mlx5vf_disable_fds() upon close device"; "vfio/pci: Lock external INTx masking ops"
Fix: take the lock around this call
"""

import re

from review_driver import same_lock
from review_locks import MEMORY

ASSERT = re.compile(r"lockdep_assert_held(_write|_read)?$")
EXCLUSIVE = ("vfio_pci_core_assert_access_locked", (MEMORY, "vfio_pci_core_device.access_sem"))


def check(driver):
    locks = driver.locks
    quiet = set(driver.part_of("init", "probe", "release", "remove", "file_release"))
    resets = set(driver.part_of("reset_prepare", "reset_done"))     # with exclusive access, between the core's
    asserted = {}
    for f in driver.functions:
        for want in expectations(driver, f):
            asserted.setdefault(f, set()).add(want)

    def held(f, node, want):
        write, names = want
        if want in asserted.get(f, ()) or (names == EXCLUSIVE[1] and f in resets):
            return True
        known = locks.at(f, node)
        known |= locks.released[f]      # held by who calls it, so that it can release it
        known |= {lock for n, call in driver.calls(f) for lock in [locks.taking(f, call)]
                  if lock and leads(n, node)}       # at times
        return any(same_lock(lock.name, name) and not (write and lock.kind == "read") for lock in known for name in names)

    def open_sites(f, want, seen):
        """Calls of f on paths where no caller holds the lock."""
        found = []
        for caller, node, call in driver.callers[f]:
            if held(caller, node, want) or caller in quiet:
                continue
            if driver.callers[caller] and caller not in seen:
                found += open_sites(caller, want, seen | {caller})
            elif not driver.callers[caller]:
                found.append((caller, call))
        return found

    said = set()
    for f, wanted in asserted.items():
        for want in sorted(wanted):
            for caller, call in open_sites(f, want, {f}):
                if (caller, call.at) not in said:
                    said.add((caller, call.at))
                    yield driver.hit(caller, call.at, "%s() expects %s, which is not held here" % (
                        f.name if call.name == f.name else "%s(), through %s" % (call.name, f.name), said_of(want)))
    # what all callers but one do; a function that takes the lock itself, for some of its paths, knows what it does
    for f in driver.functions:
        sites = [s for s in driver.callers[f] if s[0] not in quiet and s[0] is not f]
        if len(sites) < 3 or f in asserted:
            continue
        names = {lock.name for caller, node, _ in sites for lock in locks.at(caller, node) if lock.kind == "mutex"}
        for name in names:
            without = [(caller, call) for caller, node, call in sites if not around(driver, caller, node, name, quiet)]
            if len(without) == 1 and writes(driver, f) and (without[0][0], without[0][1].at) not in said:
                caller, call = without[0]
                yield driver.hit(caller, call.at, "%s() is called without %s, which every other caller holds" % (
                    f.name, name.replace("?.", "")))


def expectations(driver, f):
    """(for write?, the locks of which one is to be held) for each that lockdep is asked about."""
    calls = list(first_calls(driver, f))
    for call in calls:
        if ASSERT.match(call.name) and call.args and "dev_set" not in call.arg(0):
            yield call.name.endswith("_write"), (driver.lock_of(f, call.arg(0)),)
        elif call.name == EXCLUSIVE[0]:
            yield True, EXCLUSIVE[1]
        elif call.name == "lockdep_assert":     # (lockdep_is_held(a) || lockdep_is_held(b))
            names = {driver.lock_of(f, c.arg(0)) for c in calls if c.name.startswith("lockdep_is_held") and c.args and
                     any(c.at is t for arg in call.args for t in arg)}
            if names:
                yield False, tuple(sorted(names))


def said_of(want):
    return "exclusive access" if want[1] == EXCLUSIVE[1] else " or ".join(name.replace("?.", "") for name in want[1])


def leads(start, end):
    seen, todo = set(), [n for n, _ in start.next]
    while todo:
        node = todo.pop()
        if node is end:
            return True
        if node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next]
    return False


def first_calls(driver, f):
    """The calls that each path makes, before anything is asked."""
    node = driver.graph(f).entry
    while len(node.next) == 1 and node.kind != "exit":
        yield from node.calls
        node = node.next[0][0]
    if node.kind == "cond":
        yield from node.calls


def writes(driver, f):
    return any(re.search(r"->", w.to) for g in driver.below([f]) for n in driver.graph(g).nodes for w in n.writes)


def around(driver, f, node, name, quiet, seen=()):
    """True if the lock is held at the node, by the function or by all its callers."""
    if any(same_lock(lock.name, name) for lock in driver.locks.at(f, node)):
        return True
    sites = [s for s in driver.callers[f] if s[0] not in seen and s[0] not in quiet]
    return bool(sites) and all(around(driver, c, n, name, quiet, tuple(seen) + (f,)) for c, n, _ in sites)
