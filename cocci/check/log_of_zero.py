# SPDX-License-Identifier: GPL-2.0-only
"""Nothing takes the logarithm of nothing

Id: VPS-INPUT-12
Group: input
Severity: error
Reason: roundup_pow_of_two(), ilog2() and their like are undefined for 0: a shift by 64 that UBSAN reports, and any
  number as result.
Prevents: "vfio/mlx5: Fix UBSAN note"
Fix: ask for 0 first, where a caller passes it
"""

import re

from review_flow import known

LOG = re.compile(r"(roundup_pow_of_two|rounddown_pow_of_two|ilog2|__ffs|__fls|order_base_2)$")


def check(driver):
    for f in driver.functions:
        names = [p.name for p in f.parameters]
        for node, call in driver.calls(f):
            if not LOG.match(call.name) or call.arg(0) not in names:
                continue
            n = names.index(call.arg(0))
            nothing = any(len(c.args) > n and c.arg(n) == "0" for _, _, c in driver.callers[f])
            if nothing and any("Z" in known(facts, call.arg(0)) for facts in driver.facts(f).get(node, [])):
                yield driver.hit(f, call.at, "%s(%s), and a caller passes 0" % (call.name, call.arg(0)))
