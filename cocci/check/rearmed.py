# SPDX-License-Identifier: GPL-2.0-only
"""A reference count that was drained is armed again

Id: VPS-ERR-10
Group: errors
Severity: error
Reason: dropping the initial reference of an object that stays, and waiting for the last one, leaves a count of 0: the
  next kref_get() warns and the next drop goes below it.
Prevents: "vfio/pci: fix dma-buf kref underflow after revoke"
Fix: kref_init() and reinit_completion() after the wait, unless the object is freed
"""

import re


def check(driver):
    for f in driver.functions:
        calls = [c for _, c in driver.calls(f)]
        for node, put in driver.calls(f):
            if put.name != "kref_put":
                continue
            owner = re.sub(r"^&|(->|\.)\w+$", "", put.arg(0))
            wait = next((c for c in calls if re.match(r"wait_for_completion", c.name) and c.arg(0).startswith("&" + owner)), None)
            if wait is None or wait.at.line < put.at.line:
                continue
            if any(c.name == "kref_init" and c.arg(0) == put.arg(0) for c in calls) or any(
                    re.match(r"k[v]?free|\w*_(free|destroy|release)$", c.name) and c.arg(0) == owner for c in calls):
                continue
            yield driver.hit(f, put.at, "%s is 0 from here on, and %s stays" % (put.arg(0).lstrip("&"), owner))
