# SPDX-License-Identifier: GPL-2.0-only
"""A file that is handed out and kept has two references

Id: VPS-MIG-10
Group: migration
Severity: error
Reason: the file that .migration_set_state returns belongs to vfio, which puts it when it cannot install it. A driver
  that keeps a pointer needs a reference of its own, or it uses a file that is freed.
Prevents: a use after free by a process that has no descriptor left
Fix: get_file(migf->filp) before it is returned; fput() where the pointer is forgotten
"""

import re

from review_flow import NONE, walk
from review_resources import root


def check(driver):
    takers = {g for g in driver.functions if any(c.name == "get_file" for h in driver.below([g]) for _, c in driver.calls(h))}
    for f in driver.functions:
        if f.returns.replace(" ", "") != "structfile*":
            continue
        kept = {"".join(t.text for t in w.value) for node in driver.graph(f).nodes for w in node.writes
                if re.search(r"->", w.to)}
        found = {}

        def step(node, facts, got, f=f, kept=kept, found=found):
            m = re.fullmatch(r"([\w>-]+)->(\w+)", node.text) if node.kind == "return" else None
            if m and not got and driver.type_of(f, node.text).replace(" ", "") in ("structfile*", "") and (
                    root(node.text) in kept or m.group(1) in kept or "->" in m.group(1) or stored(driver, f, node.text)):
                found[node.line] = node
            return got or any(c.name == "get_file" or any(g in takers for g in driver.targets(f, c)) for c in node.calls)

        for _ in walk([(driver.graph(f).entry, NONE, False)], step):
            pass
        for node in found.values():
            yield driver.hit(f, node.at, "%s is returned and kept, without get_file()" % node.text)


def stored(driver, f, said):
    """Does the function that makes it keep a pointer?"""
    for _, call in driver.calls(f):
        for g in driver.targets(f, call):
            for node in driver.graph(g).nodes:
                for w in node.writes:
                    m = re.match(r"(.*)->\w+$", w.to)
                    if m and driver.structure(driver.type_of(g, m.group(1))) in driver.devices() and \
                            driver.type_of(g, "".join(t.text for t in w.value)) == driver.type_of(f, root(said)) != "":
                        return True
    return False
