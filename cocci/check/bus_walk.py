# SPDX-License-Identifier: GPL-2.0-only
"""Nothing touches user memory while a bus is walked

Id: VPS-LOCK-07
Group: locking
Severity: error
Reason: pci_walk_bus() calls back under pci_bus_sem. A fault on user memory takes mmap_lock, under which others wait for
  the locks that stand above pci_bus_sem: lockdep names the circle.
Prevents: "vfio/pci: Collect hot-reset devices to local buffer"
Fix: collect into a buffer of the kernel's, and copy it after the walk
"""

import re

from review_locks import touches_user, via

WALK = re.compile(r"(pci_walk_bus\w*|\w*for_each_slot_or_bus|bus_for_each_dev|device_for_each_child)$")


def check(driver):
    for f in driver.functions:
        for _, call in driver.calls(f):
            if not WALK.match(call.name):
                continue
            for n in range(len(call.args)):
                for g in driver.of(call.arg(n).lstrip("&"), f.file) if re.fullmatch(r"&?\w+", call.arg(n)) else ():
                    way = driver.locks.way(g, touches_user)
                    if way:
                        at = next(c.at for _, c in driver.calls(g) if c.name == way[0])
                        yield driver.hit(g, at, "%s, called back by %s()" % (via(way), call.name))
