# SPDX-License-Identifier: GPL-2.0-only
"""A reset handler takes no mutex that is held over user memory

Id: VPS-RST-05
Group: reset
Severity: error
Reason: the core resets with memory_lock held for write. A handler that waits for a mutex whose owner copies to user
  space, which may fault on the device and wait for memory_lock, waits for ever. So does .access_revoke or
  .access_restore, which the core calls with exclusive access.
Prevents: the ABBA deadlock that the comment in mlx5vf_pci_aer_reset_done() tells of
Fix: mutex_trylock(), and leave a note for the owner when it fails; or do not copy under that mutex
Ask: Which locks do the reset handlers take through functions of the parent driver, and who may hold them while user
  memory is touched? A good answer is a list, each lock with its longest holder.
"""

from review_driver import same_lock
from review_locks import touches_user, via


def check(driver):
    locks = driver.locks
    copied = {lock.name for _, _, lock, _ in locks.under(["mutex"], touches_user)}
    if not copied:
        return

    def blocks(f, call):
        lock = locks.taking(f, call)
        return lock and lock.kind == "mutex" and "try" not in call.name and next(
            (c for c in copied if same_lock(c, lock.name)), None)

    def reached(f, seen):
        for _, call in driver.calls(f):
            name = blocks(f, call)
            if name:
                return name, []
            for g in driver.targets(f, call):
                if g not in seen:
                    seen.add(g)
                    found = reached(g, seen)
                    if found:
                        return found[0], [g.name] + found[1]
        return None

    for f in driver.part_of("reset_done", "reset_prepare", "revoke"):
        for _, call in driver.calls(f):
            name = blocks(f, call)
            if name:
                yield driver.hit(f, call.at, "%s is held elsewhere while user memory is touched" % name.split(".")[-1])
                continue
            for g in driver.targets(f, call):
                found = reached(g, {g})
                if found:
                    yield driver.hit(f, call.at, "%s takes a mutex that is held elsewhere while user memory is "
                                     "touched: %s" % (via([g.name] + found[1]), found[0].replace("?.", "")))
