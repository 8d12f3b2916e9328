# SPDX-License-Identifier: GPL-2.0-only
"""A file that is handed out and kept has two references

Id: VPS-MIG-10
Group: migration
Severity: error
Reason: the file that .migration_set_state returns belongs to vfio, which puts it when it cannot install it. A driver
  that keeps a pointer needs a reference of its own, or it uses a file that is freed.
Prevents: a use after free by a process that has no descriptor left
Mend: get_file(migf->filp) before it is returned; fput() where the pointer is forgotten
"""

import re

from review_resources import root


def check(driver):
    for f in driver.functions:
        if f.returns.replace(" ", "") != "structfile*":
            continue
        if any(c.name == "get_file" for g in driver.below([f]) for _, c in driver.calls(g)):
            continue
        kept = {"".join(t.text for t in w.value) for node in driver.graph(f).nodes for w in node.writes
                if re.search(r"->", w.to)}
        for node in driver.graph(f).nodes:
            m = re.fullmatch(r"([\w>-]+)->(\w+)", node.text) if node.kind == "return" else None
            if not m or driver.type_of(f, node.text).replace(" ", "") not in ("structfile*", ""):
                continue
            if root(node.text) in kept or m.group(1) in kept or "->" in m.group(1):
                yield driver.hit(f, node.at, "%s is returned and kept, without get_file()" % node.text)
