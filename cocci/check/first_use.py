# SPDX-License-Identifier: GPL-2.0-only
"""What is set up at first use is set up once

Id: VPS-LOCK-06
Group: locking
Severity: error
Reason: two tasks read the device at once, both find nothing mapped, both map: one mapping is lost, and the other one is
  freed while it is used.
Prevents: what remap_lock is for in nvgrace-gpu
Fix: a mutex around the test and the assignment; or set it up in .open_device
"""

import re

from review_driver import USERS
from review_resources import ALLOC, written

MAP = re.compile(r"(pci_)?io(re)?map\w*$|memremap$|vmap$|kthread_run$|alloc_(ordered_)?workqueue$")


def check(driver):
    users = driver.below(driver.part_of(*USERS)) - driver.below(driver.part_of("init", "probe"))
    quiet = driver.below(driver.part_of("open")) - driver.below(driver.part_of(*[u for u in USERS if u != "open"]))
    for f in users - quiet:
        for node, call in driver.calls(f):
            name = written(node, call)
            if not (MAP.match(call.name) or ALLOC.match(call.name)) or not re.search(r"->", name):
                continue
            tested = any(n.kind == "cond" and re.sub(r"==NULL$|^!", "", n.text) == name for n in driver.graph(f).nodes)
            if tested and driver.structure(driver.type_of(f, name.rsplit("->", 1)[0])) in driver.devices() | {""} and \
                    asked_first(driver, f, node, name) and not held(driver, f, node, ()):
                yield driver.hit(f, call.at, "%s is set at first use, and no lock is held" % name)


def asked_first(driver, f, node, name):
    """True if a path leads to the node from a test of the name."""
    for start in driver.graph(f).nodes:
        if start.kind == "cond" and re.sub(r"==NULL$|^!", "", start.text) == name and start is not node:
            seen, todo = set(), [start]
            while todo:
                n = todo.pop()
                if n is node:
                    return True
                if n not in seen:
                    seen.add(n)
                    todo += [m for m, _ in n.next]
    return False


def held(driver, f, node, seen):
    if driver.locks.at(f, node):
        return True
    sites = [s for s in driver.callers[f] if s[0] not in seen]
    return bool(sites) and all(held(driver, c, n, tuple(seen) + (f,)) for c, n, _ in sites)
