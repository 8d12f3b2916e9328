# SPDX-License-Identifier: GPL-2.0-only
"""A revoke waits until it is true

Id: VPS-RST-08
Group: reset
Severity: error
Reason: dma_buf_invalidate_mappings() asks importers to stop; until their fences have signalled they go on. A reset that
  does not wait hands a device to a transaction of the last user's.
Prevents: "vfio/pci: Wait for dma-buf invalidation to complete"
Fix: dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT) after it
"""

import re


def check(driver):
    for f in driver.functions:
        values = {"".join(t.text for t in w.value) for node in driver.graph(f).nodes for w in node.writes}
        if "false" in values and "true" not in values:
            continue        # it gives back what was taken away
        for node, call in driver.calls(f):
            if re.match(r"dma_buf_(invalidate_mappings|move_notify)$", call.name) and not any(
                    c.name == "dma_resv_wait_timeout" for g in driver.below([f]) for _, c in driver.calls(g)):
                yield driver.hit(f, call.at, "nothing waits for what %s() has asked for" % call.name)
