# SPDX-License-Identifier: GPL-2.0-only
"""What copy_to_user() could not copy is no errno

Id: VPS-ERR-03
Group: errors
Severity: error
Reason: copy_to_user() and its like return the number of bytes that are left. Returned as it is, user space sees a
  positive result of an ioctl that failed, or a short read that did not happen.
Prevents: "vfio/mlx5: fix error code in mlx5vf_precopy_ioctl()"
Fix: return copy_to_user(...) ? -EFAULT : 0;
"""

import re

from review_flow import NONE, known, walk
from review_resources import written

COPY = re.compile(r"_*(copy_(to|from)_user|clear_user)$")


def check(driver):
    for f in driver.functions:
        if f.name.startswith(("copy_", "__copy_")):
            continue
        kept = {}
        for node, call in driver.calls(f):
            if not COPY.match(call.name):
                continue
            if node.kind == "return" and node.tokens and node.tokens[0] is call.at and node.tokens[-1].text == ")" and \
                    "?" not in node.text:
                yield driver.hit(f, call.at, "the result of %s() is returned, which is a number of bytes" % call.name)
            name = written(node, call)
            if re.fullmatch(r"\w+", name) and node.kind == "expr" and "?" not in node.text:
                kept[name] = (node, call)
        for name, (node, call) in kept.items():
            ends = set()

            def step(other, facts, state, name=name, ends=ends):
                if any(w.to == name for w in other.writes):
                    return None
                if other.kind == "return" and other.text == name and known(facts, name) != "Z":
                    ends.add(other)
                return state

            for other, _ in node.next:
                for _ in walk([(other, NONE, "")], step):
                    pass
            if ends:
                yield driver.hit(f, call.at, "the result of %s() is returned, which is a number of bytes" % call.name)
