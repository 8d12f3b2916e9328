# SPDX-License-Identifier: GPL-2.0-only
"""A user cannot fill the log

Id: VPS-INPUT-11
Group: input
Severity: warning
Reason: what user space can make the driver say again and again hides what the administrator must see, and takes the
  time of the console.
Prevents: a guest that fills the host's disk by a wrong ioctl
Fix: pci_dbg(), or the _ratelimited form; WARN_ON_ONCE() for what cannot be
"""

import re

LOUD = re.compile(r"((pci|dev|vfio)_(info|notice|warn|err|crit)|pr_(info|notice|warn|err)|WARN(_ON)?|printk)$")


def check(driver):
    users = driver.below(driver.part_of("read", "write", "ioctl", "feature", "mig_read", "mig_write", "file_ioctl",
                                        "fault", "mmap", "region_mmap", "region_rw"))
    once = driver.below(driver.part_of("init", "probe", "open", "close", "remove", "release", "sriov", "reset_done",
                                       "reset_prepare", "irq", "set_state"))
    for f in users - once:
        for node, call in driver.calls(f):
            if not call.member and LOUD.match(call.name) and not guarded(node):
                yield driver.hit(f, call.at, "%s() on a path that a user can take again and again" % call.name)


def guarded(node):
    return "ratelimit" in node.text
