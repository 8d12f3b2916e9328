# SPDX-License-Identifier: GPL-2.0-only
"""A driver that describes a region also serves it

Id: VPS-INPUT-14
Group: input
Severity: error
Reason: the core's read, write and mmap know the BARs as the device has them. If the driver itself reports the size or
  the flags of a region, they do not serve what it reported: a part that the driver hides stays accessible, and memory
  that is not in a BAR is not accessible at all.
Prevents: a guest that writes the registers its migration is controlled by
Fix: give the ops .read, .write and .mmap of the driver's own for each flag that .get_region_info_caps sets
"""

import re

SERVES = (("VFIO_REGION_INFO_FLAG_MMAP", "mmap"), ("VFIO_REGION_INFO_FLAG_READ", "read"),
          ("VFIO_REGION_INFO_FLAG_WRITE", "write"))

CORE = ("vfio_pci_core_ioctl", "vfio_pci_ioctl_get_region_info")


def check(driver):
    for table in driver.tables:
        if table.type != "vfio_device_ops":
            continue
        said = set()
        for member in ("get_region_info_caps", "ioctl"):
            for f in [f for t in table.members.get(member, ()) for f in driver.of(t.text, table.file) if t.text not in CORE]:
                said |= {t.text for g in driver.below([f]) for node in driver.graph(g).nodes for w in node.writes
                         if re.search(r"(->|\.)flags$", w.to) for t in w.value}
        for flag, member in SERVES:
            served = [t.text for t in table.members.get(member, ())]
            if flag in said and served == ["vfio_pci_core_" + member]:
                yield driver.at_table(table, ".%s is the core's, and the driver itself says of a region that it has %s" % (
                    member, flag))
