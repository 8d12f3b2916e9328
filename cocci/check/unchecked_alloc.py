# SPDX-License-Identifier: GPL-2.0-only
"""An allocation may fail

Id: VPS-ERR-08
Group: errors
Severity: error
Reason: what an allocator returns is NULL when there is no memory, and in a container with a limit that is an ordinary day.
Prevents: "vfio-pci/zdev: fix possible segmentation fault issue"
Fix: if (!ptr) return -ENOMEM, before the first use
"""

import re

from review_flow import after, assume, known, walk
from review_resources import POINTERS, written

NULLS = [acquires for acquires, _, failed, what in POINTERS if failed == "Z" and what in ("memory", "the mapping", "the queue")]


def check(driver):
    for f in driver.functions:
        for node, call in driver.calls(f):
            name = written(node, call)
            if not name or call.member or not any(p.match(call.name) for p in NULLS):
                continue
            at = used(driver, f, node, name)
            if at:
                yield driver.hit(f, at, "%s is used, and may be NULL: %s() in line %d was not checked" % (
                    name, call.name, call.at.line))


def used(driver, f, start, name):
    found = []
    deref = re.compile(r"(?<![\w.>&])%s(->|\[)|(?<![\w)\]])\*%s(?![\w>-])" % (re.escape(name), re.escape(name)))

    def step(node, facts, state):
        if node is start or found:
            return None
        if any(w.to == name for w in node.writes):
            return None
        if "Z" not in known(facts, name):
            return None
        said = re.sub(r"sizeof\([^()]*(\([^()]*\))?[^()]*\)|(container_of|offsetof|typeof)\(.*", "", node.text)
        if deref.search(said) or any(re.match(r"(memcpy|memset|memmove|copy_from_user)$", c.name) and c.arg(0) == name
                                     for c in node.calls):
            found.append(node.at)
            return None
        return state

    begins = []
    for other, truth in start.next:
        for facts in driver.facts(f).get(start, []):
            facts = after(facts, start)
            more = assume(facts, start.tokens, truth) if truth is not None else facts
            if more is not None:
                begins.append((other, more, ""))
    for _ in walk(begins, step):
        pass
    return found[0] if found else None
