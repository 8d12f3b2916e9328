# SPDX-License-Identifier: GPL-2.0-only
"""Numbers of PCI and of vfio have their names

Id: VPS-LIFE-15
Group: lifetime
Severity: warning
Reason: a register, a capability or a vendor as a number, or under a name of the driver's own, is not found by a search
  of the kernel for the name, and does not change with it: the offset of a region in the device file is vfio's to
  choose.
Prevents: a driver that looks at bit 40 of an offset on a kernel that has its regions elsewhere
Fix: PCI_COMMAND, PCI_BASE_ADDRESS_0, VFIO_PCI_OFFSET_SHIFT, PCI_VENDOR_ID_...; what is the device's own stays a number
"""

import re

# Where the calls take an offset into the configuration space, or the id of a capability.
CONFIG = (("pci_(user_)?(read|write)_config_(byte|word|dword)", 1), ("pci_find_(next_)?(ext_)?capability", 1),
          ("vfio_pci_core_range_intersect_range", 2), ("pcie_capability_(read|write|set|clear)_(word|dword)", 1))
HEADER = 0x40
VENDORS = {0x1002: "ATI", 0x1014: "IBM", 0x1022: "AMD", 0x1077: "QLOGIC", 0x10de: "NVIDIA", 0x10ee: "XILINX", 0x1425:
           "CHELSIO", 0x14e4: "BROADCOM", 0x15b3: "MELLANOX", 0x177d: "CAVIUM", 0x17cb: "QCOM", 0x19e5: "HUAWEI", 0x1af4:
           "REDHAT_QUMRANET", 0x1d0f: "AMAZON", 0x1dd8: "PENSANDO", 0x8086: "INTEL"}


def number(driver, said):
    """What a literal, or a macro of the driver that is one, is worth."""
    said = driver.macros.get(said, said).strip("()")
    m = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*", said)
    return int(m.group(1), 0) if m else None


def check(driver):
    for f in driver.functions:
        for _, call in driver.calls(f):
            for names, n in CONFIG:
                if re.fullmatch(names, call.name) and not driver.targets(f, call) and n < len(call.args):
                    value = number(driver, call.arg(n))
                    if value is not None and value < HEADER:
                        yield driver.hit(f, call.args[n][0], "%s has a name in <linux/pci_regs.h>" % call.arg(n))
        for node in driver.graph(f).nodes:
            m = re.search(r"(pgoff|ppos|\bpos|offset)(<<|>>)\(?(\w+)", node.text)
            if m and number(driver, m.group(3)) == 40:
                yield driver.hit(f, node.at, "%s is VFIO_PCI_OFFSET_SHIFT" % m.group(3))
    for file, text in driver.texts.items():
        for n, line in enumerate(text.splitlines(), 1):
            m = re.search(r"\b(?:PCI_DRIVER_OVERRIDE_DEVICE_VFIO|PCI_DEVICE|PCI_DEVICE_DRIVER_OVERRIDE)\(\s*(\w+)\s*,", line)
            vendor = VENDORS.get(number(driver, m.group(1))) if m and not m.group(1).startswith("PCI_VENDOR_ID_") else None
            if vendor:
                yield driver.place(file, n, m.start(1), m.end(1), "%s is PCI_VENDOR_ID_%s" % (m.group(1), vendor))
