# SPDX-License-Identifier: GPL-2.0-only
"""A PF's driver removes its VFs before what they use

Id: VPS-LIFE-16
Group: lifetime
Severity: error
Reason: nothing but the order in the PF's remove keeps the PF for the drivers of its VFs: pci_disable_sriov() waits until
  they, and their users, are gone. What is freed before it, or when it is not called, is used by calls of a VF.
Prevents: a use after free in the VF's driver at unbind or unplug of the PF; samples/pf-vf pf_unbind_waits_for_user
Fix: pci_disable_sriov() first in the remove of the PF's driver
"""

import re

DISABLES = re.compile(r"(pci_disable_sriov|vfio_pci_core_sriov_configure|vfio_pci_core_unregister_device)$")
FREES = re.compile(r"(kv?z?free|kfree_sensitive|vfree|(pcim?_)?iounmap|pci_release_\w*regions?|pci_disable_device|"
                   r"destroy_workqueue|mutex_destroy|dma_free_coherent|free_irq|pci_free_irq\w*)$")


def check(driver):
    for table in driver.tables:
        if table.type != "pci_driver" or "sriov_configure" not in table.members:
            continue
        removes = [f for t in table.members.get("remove", ()) for f in driver.of(t.text, table.file)]
        for f in removes:
            order = steps(driver, f, set())
            ends = next((n for n, (_, _, c) in enumerate(order) if DISABLES.match(c.name)), None)
            if ends is None:
                yield driver.hit(f, f.at, "SR-IOV stays enabled, and drivers of VFs use a PF that is gone")
                continue
            for g, at, c in order[:ends]:
                if FREES.match(c.name):
                    yield driver.hit(g, at, "%s() before the drivers of VFs are gone: disable SR-IOV first" % c.name)
                    break


def steps(driver, f, seen):
    """Calls as they are written, those of the driver's own functions in their place."""
    found = []
    seen.add(f)
    for _, c in sorted(driver.calls(f), key=lambda x: (x[1].at.line, x[1].at.column)):
        inner = [g for g in driver.targets(f, c) if g not in seen] if not c.member and not DISABLES.match(c.name) else []
        for g in inner:
            found += steps(driver, g, seen)
        if not inner:
            found.append((f, c.at, c))
    return found
