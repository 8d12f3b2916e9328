# SPDX-License-Identifier: GPL-2.0-only
"""Migration is set up before the device is registered

Id: VPS-MIG-08
Group: migration
Severity: error
Reason: when vfio_pci_core_register_device() returns user space may have opened the device. It checks mig_ops, log_ops
  and migration_flags, and what comes later is unchecked and seen by some users only.
Prevents: a migration that is offered to the second user of a device
Fix: set them in .init
"""

import re


def check(driver):
    for f in driver.functions:
        for start, call in driver.calls(f):
            if call.name != "vfio_pci_core_register_device":
                continue
            seen, todo = set(), [n for n, _ in start.next]
            while todo:
                node = todo.pop()
                if node in seen:
                    continue
                seen.add(node)
                todo += [n for n, _ in node.next]
                for w in node.writes:
                    m = re.search(r"(->|\.)(mig_ops|log_ops|migration_flags)$", w.to)
                    if m:
                        yield driver.hit(f, node.at, "%s is set after the device was registered" % m.group(2))
                for c in node.calls:
                    for g in driver.targets(f, c):
                        if any(re.search(r"(->|\.)(mig_ops|log_ops|migration_flags)$", w.to)
                               for h in driver.below([g]) for n in driver.graph(h).nodes for w in n.writes):
                            yield driver.hit(f, c.at, "%s() sets up migration after the device was registered" % c.name)
