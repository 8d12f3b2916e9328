# SPDX-License-Identifier: GPL-2.0-only
"""A VF finds its PF's data by the PF's driver

Id: VPS-LIFE-12
Group: lifetime
Severity: error
Reason: the driver data of the physical function has the type that the driver bound to it gives it, perhaps vfio-pci,
  and nothing keeps that driver bound. pci_iov_get_pf_drvdata() looks at both.
Prevents: "vfio/pds: Use proper PF device access helper"
Fix: pci_iov_get_pf_drvdata(pdev, &the_pf_driver)
"""

import re


def check(driver):
    for f in driver.functions:
        physical = {w.to for node in driver.graph(f).nodes for w in node.writes
                    if w.value and w.value[0].text == "pci_physfn" or [t.text for t in w.value[-2:]] == ["->", "physfn"]}
        for node in driver.graph(f).nodes:
            at = next((t for n, t in enumerate(node.tokens) if t.text == "physfn" and n and
                       node.tokens[n - 1].text == "->"), None)
            if at:
                yield driver.hit(f, at, "physfn is there with CONFIG_PCI_IOV only, and for VFs only: pci_physfn()")
        for _, c in driver.calls(f):
            if not re.match(r"(pci|dev)_get_drvdata$", c.name):
                continue
            arg = c.arg(0)
            if "pci_physfn(" in arg or "physfn" in arg or arg in physical or \
                    re.sub(r"^&|->dev$", "", arg) in physical:
                yield driver.hit(f, c.at, "the driver data of the physical function, of a driver that may be another one")
