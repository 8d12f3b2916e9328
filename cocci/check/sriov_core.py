# SPDX-License-Identifier: GPL-2.0-only
"""VFs are enabled by the core

Id: VPS-LIFE-11
Group: lifetime
Severity: error
Reason: vfio_pci_core_sriov_configure() keeps the PF awake under its VFs, has new VFs bound by the driver that asked for
  them, and lets no VF be opened without the PF user's token. pci_enable_sriov() by itself does nothing of it.
Prevents: "vfio/pci: Change the PF power state to D0 before enabling VFs"; a guest that gets a VF whose PF another one
  controls
Fix: return vfio_pci_core_sriov_configure(vdev, nr_virtfn) from .sriov_configure
"""

import re


def check(driver):
    for f in driver.functions:
        for _, c in driver.calls(f):
            if c.name == "pci_enable_sriov" and driver.below([f]) & set(driver.named["vfio_pci_core_sriov_configure"]) and \
                    not any(re.match(r"pm_runtime_(resume_and_get|get_sync)$", d.name) for g in driver.below([f])
                            for _, d in driver.calls(g)):
                yield driver.hit(f, c.at, "nothing wakes the PF, and keeps it awake")
    for f in driver.part_of("sriov"):
        below = driver.below([f])
        if any(g.name == "vfio_pci_core_sriov_configure" for g in below) or any(
                c.name == "vfio_pci_core_sriov_configure" for g in below for _, c in driver.calls(g)):
            continue
        for g in below:
            for _, c in driver.calls(g):
                if re.match(r"pci_enable_sriov$|pci_sriov_configure_simple$", c.name):
                    yield driver.hit(g, c.at, "%s() goes past vfio_pci_core_sriov_configure()" % c.name)
