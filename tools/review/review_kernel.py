# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own semantic patches, scripts/coccinelle of a kernel tree, beside the rules of cocci/check/."""

import os
import re
import tempfile
from typing import List, Optional, Tuple

import review_rules as rules
from review_rules import Finding, Item

# Those that fit a driver, and whose reports are few and mostly true.
FIT = ("free/kfree", "free/kfreeaddr", "free/clk_put", "free/iounmap", "locks/double_lock", "locks/mini_lock",
       "locks/call_kern", "locks/flags", "null/deref_null", "null/eno", "null/badzero", "misc/doubleinit", "misc/ifcol",
       "misc/noderef", "api/alloc/alloc_cast", "api/pm_runtime", "api/kvmalloc", "iterators/itnull",
       "iterators/list_entry_update",
       "iterators/use_after_iter", "tests/doubletest", "tests/odd_ptr_err", "tests/unsigned_lesser_than_zero")


def load(tree: Optional[str]) -> List[Item]:
    """An item for each of them that the tree has."""
    found = []
    for name in FIT if tree else ():
        path = os.path.join(tree or "", "scripts/coccinelle", name + ".cocci")
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as f:
                m = re.search(r"^/// *(.+)", f.read(), re.M)
            title = m.group(1).strip().rstrip(".") if m else name
            found.append(Item("KERNEL-" + name, "kernel", title, "warning", "the kernel's own rule, " + os.path.join(
                "scripts/coccinelle", name + ".cocci") + ", says so; its head says how sure it is",
                "what make coccicheck would find", "see the rule", None, None, None, name))
    return found


def run(items: List[Item], tree: str, root: str, files: List[str], timeout: int) -> List[Finding]:
    """What they report of files below root."""
    found: List[Finding] = []
    with tempfile.TemporaryDirectory(prefix="review.") as tmp:
        stage = rules.Stage(root, os.path.join(tmp, "stage"))
        os.mkdir(stage.where)
        names = os.path.join(tmp, "names")
        with open(names, "w", encoding="utf-8") as f:
            f.write("\n\n".join(stage.copy(name, stage.read(name)) for name in files) + "\n")
        for item in items:
            path = os.path.join(os.path.abspath(tree), "scripts/coccinelle", item.rule + ".cocci")
            said = rules.spatch(["--very-quiet", "--no-includes", "-D", "report", "--sp-file", path,
                                 "--file-groups", names], stage.where, timeout)
            for line in said.stdout.splitlines():
                m: Optional[Tuple[str, ...]] = None
                hit = re.match(r"(.+?):(\d+):(\d+)-(\d+): (.+)", line)
                m = hit.groups() if hit else None
                if m and m[0] in stage.names:
                    found.append(Finding(stage.names[m[0]], int(m[1]), int(m[2]), int(m[3]), item.severity, item.id,
                                         re.sub(r"^(ERROR|WARNING): ?", "", m[4])))
    return found
