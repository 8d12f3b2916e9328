# SPDX-License-Identifier: GPL-2.0-only
"""The length of a range counts its last byte

Id: VPS-INPUT-10
Group: input
Severity: error
Reason: ranges of the dirty log, and resources, name their last byte: last - start is one less than the length. Pages at
  the end of a range are not tracked, and the guest loses what the device wrote there.
Prevents: "vfio/mlx5: Fix range size calculation upon tracker creation"
Fix: last - start + 1, or resource_size()
"""

import re

LAST = re.compile(r"([\w.>-]*?)(->|\.)last-\1(->|\.)start(?!\w)|([\w.>-]*?)(->|\.)end-\4(->|\.)start(?!\w)")


def check(driver):
    for f in driver.functions:
        for node in driver.graph(f).nodes:
            if node.kind == "cond":
                continue
            for m in re.finditer(r"(\w[\w.>-]*?)(->|\.)last-\1(->|\.)start(?!\w)(.{0,2})", node.text):
                if not m.group(4).startswith(("+1", ")+")) and re.search(
                        r"interval_tree_node", driver.type_of(f, m.group(1)) or "interval_tree_node"):
                    yield driver.hit(f, node.at, "%s%slast is in the range: + 1" % (m.group(1), m.group(2)))
