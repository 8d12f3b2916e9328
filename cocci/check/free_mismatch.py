# SPDX-License-Identifier: GPL-2.0-only
"""Memory is freed by what belongs to its allocation

Id: VPS-ERR-05
Group: errors
Severity: error
Reason: kfree() of memory from vmalloc(), or from kvmalloc() when it is large, corrupts the slab allocator.
Prevents: "vfio/pds: replace bitmap_free with vfree"
Fix: kfree() for kmalloc(), vfree() for vmalloc(), kvfree() for kvmalloc(), bitmap_free() for bitmap_zalloc()
"""

import re

from review_resources import written

KINDS = [(r"kv[mzc]alloc\w*|kvmemdup", r"kvfree\w*"), (r"vmemdup_user|vmemdup_array_user", r"kvfree\w*"),
         (r"v[mz]alloc\w*", r"vfree|kvfree\w*"), (r"(k[mzc]alloc|kmemdup|memdup)\w*|kstrdup|kasprintf", r"kfree\w*|kvfree\w*"),
         (r"bitmap_z?alloc\w*", r"bitmap_free|kfree\w*")]
FREES = re.compile(r"(kfree|kvfree|vfree|bitmap_free)\w*$")


def check(driver):
    made = {}
    for f in driver.functions:
        for node, call in driver.calls(f):
            for acquires, releases in KINDS:
                if re.fullmatch(acquires, call.name) and not call.member:
                    name = written(node, call)
                    if name:
                        made.setdefault(key(driver, f, name), set()).add((call.name, releases))
                        for other in driver.graph(f).nodes:     # kept under another name
                            for w in other.writes:
                                if "".join(t.text for t in w.value) == name and re.search(r"->|\.", w.to):
                                    made.setdefault(key(driver, f, w.to), set()).add((call.name, releases))
                    break
    for f in driver.functions:
        for _, call in driver.calls(f):
            if FREES.match(call.name) and call.args:
                how = made.get(key(driver, f, call.arg(0)), set())
                if how and not any(re.fullmatch(releases, call.name) for _, releases in how):
                    yield driver.hit(f, call.at, "%s() of memory from %s()" % (call.name, " and ".join(
                        sorted(n for n, _ in how))))


def key(driver, f, name):
    """A local variable is one in its function, a member one in its structure."""
    if re.fullmatch(r"\w+", name):
        return f, name
    lock = driver.lock_of(f, name)
    return lock if not lock.startswith("?") else (f, name)
