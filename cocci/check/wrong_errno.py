# SPDX-License-Identifier: GPL-2.0-only
"""A path that fails returns its error

Id: VPS-ERR-06
Group: errors
Severity: error
Reason: the result of one call is tested and another variable, still 0, returned: user space believes that it worked,
  and the device is in a state that user space did not ask for.
Prevents: "vfio/pci: Fix error return code in vfio_ecap_init()"
Fix: return the variable that was tested, or set the errno before the jump
"""

import re

from review_flow import after, assume, known, walk


def check(driver):
    for f in driver.functions:
        if not re.match(r"(int|long|ssize_t)$", f.returns):
            continue
        found = {}

        def step(node, facts, state):
            if node.kind == "return" and re.fullmatch(r"\w+", node.text) and state and known(facts, node.text) == "Z" and \
                    node.text != state[0] and node.text not in ("NULL", "true", "false") and not node.text.isdigit():
                found[node.line] = (node.at, "returns %s, which is 0, where %s says that it failed" % (node.text, state[0]))
            if node.kind == "goto" or node.kind == "label" or node.kind == "cond":
                return state
            if node.kind == "expr" and state and not node.calls and not any(w.to == "ret" for w in node.writes):
                return state
            return ""

        # from each test of a result that failed, only through jumps
        for node, all_facts in driver.facts(f).items():
            if node.kind != "cond":
                continue
            m = re.fullmatch(r"(\w+)<0|IS_ERR\(([\w>.-]+)\)", node.text)
            if not m:
                continue
            name = m.group(1) or m.group(2)
            for facts in all_facts:
                for other, truth in node.next:
                    if truth:
                        more = assume(after(facts, node), node.tokens, True)
                        if more is not None:
                            for _ in walk([(other, more, (name,))], step):
                                pass
        for at, message in found.values():
            yield driver.hit(f, at, message)
