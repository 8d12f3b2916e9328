# SPDX-License-Identifier: GPL-2.0-only
"""A result that is kept is looked at

Id: VPS-ERR-12
Group: errors
Severity: error
Reason: an errno that is overwritten before anybody looked at it is a failure that goes unseen: what comes next works on
  what was not set up.
Prevents: a driver that goes on after its firmware said no
Fix: if (ret) goto the label that undoes what was done so far
"""

import re

from review_resources import written


def check(driver):
    for f in driver.functions:
        for node, call in driver.calls(f):
            name = written(node, call)
            if node.kind != "expr" or not re.fullmatch(r"ret|err|rc|error|status|result", name) or \
                    driver.type_of(f, name) not in ("int", "long", "ssize_t", "vm_fault_t"):
                continue
            if re.match(r"(min|max|ALIGN|DIV_ROUND|PTR_ERR)", call.name) or "?" in node.text or "|" in node.text:
                continue
            over = overwritten(node, name)
            if over is not None:
                yield driver.hit(f, call.at, "%s of %s() is never looked at" % (name, call.name) if over.kind == "exit" else
                                 "%s of %s() is overwritten in line %d before anybody looks at it" % (
                                     name, call.name, over.line))


def overwritten(start, name):
    """The node that writes it next, where every path comes to one that does so without reading it."""
    reads = re.compile(r"(?<![\w.>])%s(?!\w)" % name)
    seen, todo, found = set(), [n for n, _ in start.next], None
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.kind == "exit":
            found = found or node
            continue
        writes = [w for w in node.writes if w.to == name and w.op == "="]
        said = node.text
        for w in writes:
            said = said.replace(name + "=", "", 1)
        if reads.search(said):
            return None
        if writes:
            found = node
            continue
        todo += [n for n, _ in node.next]
    return found
