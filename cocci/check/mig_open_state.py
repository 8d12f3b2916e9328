# SPDX-License-Identifier: GPL-2.0-only
"""open brings the migration state to RUNNING

Id: VPS-MIG-09
Group: migration
Severity: warning
Reason: a device that is opened is RUNNING. There may be no reset between two users, so the next user inherits the state
  of the last one, even ERROR.
Prevents: a device that cannot be used after a migration that failed
Fix: set the state in .open_device, under the lock of the state
"""

import re


def check(driver):
    migrates = any(re.search(r"(->|\.)mig_ops$", w.to) for f in driver.functions for node in driver.graph(f).nodes
                   for w in node.writes)
    if not migrates:
        return
    for f in driver.part_of("open"):
        below = driver.below([f])
        if not any(c.name == "vfio_pci_core_enable" for g in below for _, c in driver.calls(g)):
            continue
        if not any("VFIO_DEVICE_STATE_RUNNING" in node.text for g in below for node in driver.graph(g).nodes):
            yield driver.hit(f, f.at, "%s() does not set the migration state" % f.name)
