# SPDX-License-Identifier: GPL-2.0-only
"""A device is awake when it is reset

Id: VPS-RST-07
Group: reset
Severity: warning
Reason: a reset function brings a device from D3hot to D0 by itself, bypassing the code that saved its configuration
  space on the way down: a device that resets itself on the way up has lost it.
Prevents: "vfio/pci: wake-up devices around reset functions"
Fix: vfio_pci_set_power_state(vdev, PCI_D0), or the core's function that resets
"""

import re

RESET = re.compile(r"(pci_try_reset_function|pci_reset_function(_locked)?|__pci_reset_function_locked)$")
WAKE = re.compile(r"\w*(set_power_state|wake\w*|runtime_resume\w*|runtime_get_sync)$")


def check(driver):
    if "vfio_pci_set_power_state" not in driver.words:
        return      # which a driver on the kernel's core cannot call
    for f in driver.functions:
        for node, call in driver.calls(f):
            if RESET.match(call.name) and not woken(driver, f, node, ()):
                yield driver.hit(f, call.at, "%s() of a device that may be in D3hot" % call.name)


def woken(driver, f, node, seen):
    """True if an earlier call brings the device to D0, here or in every caller."""
    for other, call in driver.calls(f):
        if WAKE.match(call.name) or any(WAKE.match(c.name) for g in driver.targets(f, call) for _, c in driver.calls(g)):
            return True
        if any("current_state" in n.text or "power" in n.text for n in driver.graph(f).nodes):
            return True
    sites = [s for s in driver.callers[f] if s[0] not in seen]
    return bool(sites) and all(woken(driver, c, n, tuple(seen) + (f,)) for c, n, _ in sites)
