# SPDX-License-Identifier: GPL-2.0-only
"""A command is filled in by the layout that its buffer has

Id: VPS-ERR-09
Group: errors
Severity: error
Reason: macros that set a field by the name of a layout know nothing of the buffer. One of another command's sets what is
  by chance at the same place, until one of the layouts grows.
Prevents: "vfio/mlx5: Fix a typo in mlx5vf_cmd_load_vhca_state()"
Fix: use the layout that the buffer was declared with
"""

import re


def check(driver):
    for f in driver.functions:
        said = " ".join(t.text for t in f.tokens)
        layouts = dict(re.findall(r"\b(\w+) \[ [A-Z0-9]+_ST_SZ_DW \( (\w+) \) \]", said))
        for _, c in driver.calls(f):
            if re.match(r"[A-Z0-9]+_(SET|GET)(64)?$", c.name) and len(c.args) > 2:
                layout = layouts.get(c.arg(1))
                if layout and c.arg(0) != layout:
                    yield driver.hit(f, c.at, "%s has the layout %s, not %s" % (c.arg(1), layout, c.arg(0)))
