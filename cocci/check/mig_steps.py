# SPDX-License-Identifier: GPL-2.0-only
"""A step that failed changes no state

Id: VPS-MIG-12
Group: migration
Severity: error
Reason: when a step fails user space asks for the state, and goes on from what it is told. A state that was set before the
  result was looked at says STOP of a device that runs, or RUNNING of one that was never loaded.
Prevents: a guest that goes on with half of its device
Fix: if (IS_ERR(file)) break; and only then state = next
"""

import re

from review_resources import written


def check(driver):
    for f in driver.part_of("set_state"):
        for start, call in driver.calls(f):
            name = written(start, call)
            if not any(g.returns.replace(" ", "") == "structfile*" for g in driver.targets(f, call)) or not name:
                continue
            seen, todo = set(), [n for n, _ in start.next]
            while todo:
                node = todo.pop()
                if node in seen or (node.kind == "cond" and re.search(r"\b%s\b" % name, node.text)):
                    continue
                seen.add(node)
                todo += [n for n, _ in node.next]
                for w in node.writes:
                    if re.search(r"(->|\.)\w*state\w*$", w.to):
                        yield driver.hit(f, node.at, "%s is set before anybody looks at %s" % (w.to, name))
