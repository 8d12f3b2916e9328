# SPDX-License-Identifier: GPL-2.0-only
"""An interrupt that is to be masked is requested masked

Id: VPS-IRQ-02
Group: irq
Severity: error
Reason: request_irq() enables the line. A disable_irq() after it may come after the first interrupt, which the handler
  takes with the mask not yet counted: the line is disabled twice and enabled once.
Prevents: "vfio/pci: Disable auto-enable of exclusive INTx IRQ"
Fix: request it with IRQF_NO_AUTOEN, and enable_irq() where it is wanted
"""

import re


def check(driver):
    for f in driver.functions:
        for start, call in driver.calls(f):
            if not re.match(r"request_(threaded_)?irq$", call.name):
                continue
            if any(t.text == "IRQF_NO_AUTOEN" for node in driver.graph(f).nodes for t in node.tokens):
                continue
            seen, todo = set(), [n for n, _ in start.next]
            while todo:
                node = todo.pop()
                if node in seen:
                    continue
                seen.add(node)
                todo += [n for n, _ in node.next]
                if any(re.match(r"disable_irq(_nosync)?$", c.name) for c in node.calls):
                    yield driver.hit(f, call.at, "the interrupt is enabled here and disabled in line %d" % node.line)
                    todo = []
