# SPDX-License-Identifier: GPL-2.0-only
"""A shift or a product is as wide as its result

Id: VPS-INPUT-08
Group: input
Severity: error
Reason: C shifts in the type of the left operand: a u32 shifted by 32, or 1 shifted by what the device says, is gone
  before the sum that is 64 bits wide sees it. Addresses lose their upper half, sizes become 0.
Prevents: "vfio/mlx5: fix possible overflow in tracking max message size"
Fix: (u64)high << 32, 1ULL << order, BIT_ULL(), 4ULL * size
"""

import re

from review_c import text_of
from review_flow import operand_before

WIDE = re.compile(r"\b(u64|s64|__u64|loff_t|size_t|ssize_t|dma_addr_t|phys_addr_t|resource_size_t|unsigned long|long long|"
                  r"pgoff_t|__le64|long)\b")
NARROW = re.compile(r"(u32|s32|__u32|int|unsigned int|u16|u8|__le32|unsigned|uint32_t)(\[\])?$")


def check(driver):
    for f in driver.functions:
        for node in driver.graph(f).nodes:
            for w in node.writes:
                said = "".join(t.text for t in w.value)
                m = re.fullmatch(r"(\d+)\*(\w+)", said)
                if m and NARROW.match(driver.type_of(f, m.group(2))) and WIDE.search(driver.type_of(f, w.to)) and \
                        not re.fullmatch(r"[su]?size_t", driver.type_of(f, w.to)):
                    yield driver.hit(f, w.at, "%s has 32 bits, %s has 64" % (said, w.to))
            for n, t in enumerate(node.tokens):
                if t.text != "<<" or n + 1 >= len(node.tokens):
                    continue
                left = text_of(operand_before(node.tokens, n))
                before = node.tokens[n - len(operand_before(node.tokens, n)) - 1].text if n else ""
                right = node.tokens[n + 1].text
                target = next((w for w in node.writes if any(x is t for x in w.value)), None)
                wide = bool(target) and bool(WIDE.search(driver.type_of(f, target.to)))
                if before == ")":
                    continue        # a cast, or an expression
                right = re.sub(r"[uUlL]+$", "", driver.macros.get(right, right).strip("()"))
                if re.fullmatch(r"\d+", right) and int(right) >= 32 and NARROW.match(driver.type_of(f, left)):
                    yield driver.hit(f, t, "%s has 32 bits and is shifted by %s" % (left, right))
                elif left == "1" and wide and not re.fullmatch(r"\d+|PAGE_SHIFT", right):
                    yield driver.hit(f, t, "1 << %s has 32 bits, %s has 64" % (right, target.to))
