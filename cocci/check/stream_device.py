# SPDX-License-Identifier: GPL-2.0-only
"""A file of the migration does not touch a device that is gone

Id: VPS-MIG-06
Group: migration
Severity: error
Reason: the file lives on after close() of the device and after unbind, when the driver's structure is freed. What its
  read, write or ioctl reads there before it holds the file's own lock and has looked at the mark is a use after free.
Prevents: a use after free by a process that keeps the descriptor and unbinds the device
Fix: take the file's lock, look at the mark that close and remove set under it, then follow the pointer
"""

import re


def check(driver):
    devices = driver.devices()
    for f in driver.part_of("mig_read", "mig_write", "file_ioctl"):
        ways = set()            # expressions that are the device
        for name, kind in driver.locals(f).items():
            if driver.structure(kind) in devices and "*" in kind:
                ways.add(name)
        for holder, kind in driver.locals(f).items():
            for member, inner in driver.structures.get(driver.structure(kind), {}).items():
                if "*" in inner and driver.structure(inner) in devices and "*" in kind:
                    ways.add("%s->%s" % (holder, member))
        for node in driver.graph(f).nodes:
            said = node.text
            way = next((w for w in ways if re.search(r"(?<![\w>.])%s->" % re.escape(w), said)), None)
            if way is None or "container_of" in said:
                continue
            locks = {lock.name.split(".")[0] for lock in driver.locks.at(f, node)}
            if not locks - devices - {"?"} and not locks & {"?"}:
                at = node.calls[0].at if node.calls else node.at
                yield driver.hit(f, at, "%s-> is the device, which may be gone: nothing holds the file's lock" % way)
                break
