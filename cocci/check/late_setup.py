# SPDX-License-Identifier: GPL-2.0-only
"""Registering the device is the last step

Id: VPS-LIFE-14
Group: lifetime
Severity: error
Reason: when the device is registered user space may open it at once. What is set up afterwards is not there for the first
  user, and what fails afterwards takes the device away under that user.
Prevents: "vfio/pci: Re-order vfio_pci_probe()"
Fix: set everything up before vfio_pci_core_register_device(), in .init best
"""

import re

REGISTER = re.compile(r"(vfio_pci_core_register_device|vfio_register_group_dev)$")


def check(driver):
    for f in driver.functions:
        for start, call in driver.calls(f):
            if not REGISTER.match(call.name) or driver.targets(f, call):
                continue
            seen, todo = set(), [n for n, _ in start.next]
            while todo:
                node = todo.pop()
                if node in seen:
                    continue
                seen.add(node)
                todo += [n for n, _ in node.next]
                for c in node.calls:
                    if re.search(r"debug|unregister|uninit|free|put|remove|destroy|exit|cleanup|disable|release", c.name):
                        continue
                    if re.search(r"init|setup|alloc|create|register|enable|probe", c.name) and any(
                            sets_up(driver, g) for g in driver.targets(f, c)):
                        yield driver.hit(f, c.at, "%s() comes after the device was registered" % c.name)


def sets_up(driver, f):
    """Does it write into a device?"""
    for g in driver.below([f]):
        for node in driver.graph(g).nodes:
            for w in node.writes:
                m = re.match(r"(.*)->\w+$", w.to)
                if m and driver.structure(driver.type_of(g, m.group(1))) in driver.devices() | {"vfio_pci_core_device"}:
                    return True
    return False
