# SPDX-License-Identifier: GPL-2.0-only
"""What a user makes the driver allocate and keep is charged to the user

Id: VPS-INPUT-06
Group: input
Severity: warning
Reason: memory that a process makes the kernel keep counts against its memory cgroup only with GFP_KERNEL_ACCOUNT. A
  guest's VMM in a container otherwise takes memory of the host's that no limit covers.
Prevents: a container that exhausts the host
Fix: GFP_KERNEL_ACCOUNT for what outlives the call: files, buffers of the migration, lists
"""

import re

from review_driver import USERS
from review_resources import written

ALLOC = re.compile(r"(k|kv|v)[mzc]?alloc(_array|_obj|_objs|_flex|_node)?$|bitmap_z?alloc$|alloc_page(s|s_bulk\w*)?$")


def check(driver):
    users = driver.below(driver.part_of(*[u for u in USERS if u not in ("open", "log", "fault", "mmap")]))
    once = driver.below(driver.part_of("init", "probe", "open", "remove", "sriov", "reset_done"))
    makers = [f for f in driver.functions if any("anon_inode" in c.name for _, c in driver.calls(f))]
    for f in (users | set(makers)) - once:
        for node, call in driver.calls(f):
            if not ALLOC.match(call.name) or call.member:
                continue
            said = " ".join(call.arg(n) for n in range(len(call.args)))
            if "ACCOUNT" in said or "ATOMIC" in said or ("GFP_" not in said and not re.search(
                    r"_(obj|objs|flex)$|^v[mz]alloc$", call.name)):
                continue
            name = written(node, call)
            if name and kept(driver, f, name):
                yield driver.hit(f, call.at, "%s() without GFP_KERNEL_ACCOUNT" % call.name)


def kept(driver, f, name):
    """Does it outlive the call?"""
    if re.search(r"->", name):
        return True
    if "." in name:
        return False            # of a structure on the stack
    for node in driver.graph(f).nodes:
        if any(re.search(r"->|\*", w.to) and re.fullmatch(r"%s" % name, "".join(t.text for t in w.value))
               for w in node.writes) or (node.kind == "return" and node.text == name):
            return True
        for c in node.calls:
            if re.search(r"list_add|xa_store|xa_insert|anon_inode", c.name) and any(
                    re.match(r"&?%s\b" % name, c.arg(n)) for n in range(len(c.args))):
                return True
    return False
