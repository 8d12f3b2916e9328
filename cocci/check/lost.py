# SPDX-License-Identifier: GPL-2.0-only
"""What a function acquires it releases on every path, or hands on

Id: VPS-ERR-01
Group: errors
Severity: error
Reason: an error path that forgets memory, a file, a mapping or a reference loses it each time the user makes the error
  happen, until the host has none left.
Prevents: "vfio/pci: fix potential memory leak in vfio_intx_enable()"
Fix: release it before this return, in the reverse order of what was acquired; or give it __free()
"""

import re

from review_driver import USERS
from review_flow import NONE, known, walk
from review_resources import FREE, Resources, written


def check(driver):
    for lost in Resources(driver).lost():
        yield driver.hit(lost.function, lost.at, "%s from line %d is lost here" % (lost.what, lost.taken))
    for f in driver.functions:
        for node, call in driver.calls(f):
            if re.match(r"alloc_pages_bulk\w*$", call.name) and call.args:
                yield from pages(driver, f, node, call)
    again = driver.below(driver.part_of(*[u for u in USERS if u != "open"]))
    for f in again:
        for node, call in driver.calls(f):
            name = written(node, call)
            if call.name == "pci_store_saved_state" and "->" in name and not any(
                    (FREE.match(c.name) and c.arg(0) == name) or (n.kind == "cond" and n.text.lstrip("!") == name)
                    for n, c in list(driver.calls(f)) + [(n, call) for n in driver.graph(f).nodes]):
                yield driver.hit(f, call.at, "what %s pointed to before is lost here" % name)


def pages(driver, f, start, call):
    """An array of pages that is freed without them."""
    array = re.match(r"\W*(\w+)", call.arg(len(call.args) - 1)).group(1)
    count = written(start, call)
    freed = re.compile(r"(__free_pages?|put_page|release_pages)\([^;]*\b%s\b" % array)
    found = {}

    def step(node, facts, state):
        if node is start and state != "first":
            return None
        if count and known(facts, count) == "Z":
            return None
        if any(freed.search(n.text) for n in [node] + [n for n, _ in node.next]):
            return None
        if any(FREE.match(c.name) and array in c.arg(0) for c in node.calls):
            state = node
        if node.kind == "return" and not isinstance(state, str):
            if re.match(r"-E", node.text) or known(facts, node.text) in ("N", "NP", "P"):
                found[state.line] = state
            return None
        return state if not isinstance(state, str) else "later"

    for _ in walk([(start, NONE, "first")], step):
        pass
    for node in found.values():
        yield driver.hit(f, node.at, "the pages in %s are lost here" % array)
