# SPDX-License-Identifier: GPL-2.0-only
"""What is forgotten was released

Id: VPS-ERR-11
Group: errors
Severity: error
Reason: a pointer that is overwritten while it holds a reference, a structure of a file that its .release does not free, a
  mapping or a reference of the device that nothing in the driver gives back: each use of the device loses one.
Prevents: a host that runs out of memory, or a module that cannot be removed
Fix: fput(), kfree(), iounmap() or pm_runtime_put() before the pointer is forgotten
"""

import re

from review_c import Token
from review_flow import NONE, known, walk
from review_resources import ALLOC, FREE, POINTERS, written


def text(tokens):
    return "".join(t.text for t in tokens)


def check(driver):
    yield from forgotten(driver)
    yield from release(driver)
    yield from overwritten(driver)
    yield from members(driver)
    yield from power(driver)
    yield from unmapped(driver)
    yield from works(driver)


def forgotten(driver):
    """x->migf = NULL without fput(x->migf->filp)"""
    files = {name: member for name, kinds in driver.structures.items() for member, kind in kinds.items()
             if re.fullmatch(r"struct file ?\*", kind)}
    if not any(c.name == "fput" for f in driver.functions for _, c in driver.calls(f)):
        return
    for f in driver.functions:
        for node in driver.graph(f).nodes:
            for w in node.writes:
                kind = driver.type_of(f, w.to)
                if "->" not in w.to or text(w.value) != "NULL" or "*" not in kind or driver.structure(kind) not in files or \
                        w.to.endswith("debug_migf"):
                    continue
                puts = any((c.name == "fput" and c.arg(0).startswith(w.to)) or (
                    any(c.arg(n) == w.to for n in range(len(c.args))) and any(
                        d.name == "fput" for g in driver.targets(f, c) for h in driver.below([g]) for _, d in driver.calls(h)))
                    for _, c in driver.calls(f))
                alias = any(text(v.value) == w.to for n in driver.graph(f).nodes for v in n.writes)
                if not puts and not alias and any(w.to.split("->")[-1] in c.arg(n) for _, c in driver.calls(f)
                                                  for n in range(len(c.args))):
                    yield driver.hit(f, node.at, "%s is forgotten without fput()" % w.to)


def release(driver):
    """.release of a file that does not free what the file was made with"""
    for f in driver.part_of("file_release"):
        kinds = {driver.structure(kind) for kind in driver.locals(f).values()} - {"inode", "file", ""}
        made = {driver.structure(driver.type_of(g, written(node, c))) for g in driver.functions for node, c in driver.calls(g)
                if ALLOC.match(c.name) and re.fullmatch(r"\w+", written(node, c))}
        given = any("anon_inode" in c.name for g in driver.functions for _, c in driver.calls(g))
        if given and kinds & made and not any(FREE.match(c.name) or re.search(r"free|put|destroy|release", c.name)
                                              for _, c in driver.calls(f) if not re.match(r"mutex_destroy", c.name)):
            yield driver.hit(f, f.at, "%s() does not free the structure of the file" % f.name)


def overwritten(driver):
    """res = ERR_PTR(...) while res is a file"""
    for f in driver.functions:
        names = {n for n, kind in driver.locals(f).items() if kind.replace(" ", "") == "structfile*" and
                 n not in {p.name for p in f.parameters}}
        found = {}

        def step(node, facts, gone, names=names, found=found):
            for c in node.calls:
                if c.name == "fput" and c.arg(0) in names:
                    gone = True
            for w in node.writes:
                if w.to in names:
                    if text(w.value).startswith(("ERR_PTR(", "NULL")) and not gone and "Z" not in known(facts, w.to) and \
                            "P" in known(facts, w.to):
                        found[node.line] = (node, w.to)
                    gone = False
            return gone

        if names:
            for _ in walk([(driver.graph(f).entry, NONE, False)], step):
                pass
        for node, name in found.values():
            yield driver.hit(f, node.at, "%s is a file here, and is overwritten without fput()" % name)


def members(driver):
    """What is mapped or allocated into a member, and nothing releases"""
    calls = [(f, c) for f in driver.functions for _, c in driver.calls(f)]
    handed = {m for _, c in calls for n in range(len(c.args)) for m in re.findall(r"(?:->|\.)(\w+)$", c.arg(n))}
    handed |= {m for f in driver.functions for node in driver.graph(f).nodes for w in node.writes
               for m in re.findall(r"(?:->|\.)(\w+)$", text(w.value))}
    for f in driver.functions:
        for node, call in driver.calls(f):
            name = written(node, call)
            m = re.search(r"(?:->|\.)(\w+)$", name)
            strict = next((p for p in POINTERS if p[3] in ("the cache", "the pool", "the thread") and p[0].match(call.name)),
                          None)
            if strict and m and not call.member and not any(strict[1].match(c.name) and re.search(
                    r"(->|\.)%s$" % m.group(1), " ".join(map(c.arg, range(len(c.args))))) for g, c in calls if g is not f):
                yield driver.hit(f, call.at, "nothing but its own error path releases %s" % name)
            if call.member or not m or m.group(1) in handed or \
                    driver.structure(driver.type_of(f, name[:m.start()])) not in driver.structures:
                continue
            for acquires, _, _, what in POINTERS:
                if acquires.match(call.name) and what in ("memory", "the mapping", "the queue", "the eventfd"):
                    yield driver.hit(f, call.at, "nothing in the driver releases %s" % name)


def power(driver):
    """A reference on the device's power that nobody drops"""
    get, put = re.compile(r"pm_runtime_(resume_and_get|get_sync)$"), re.compile(r"pm_runtime_put\w*$")
    has = {f: ({c.name for _, c in driver.calls(f) if get.match(c.name)}, any(put.match(c.name) for _, c in driver.calls(f)))
           for f in driver.functions}
    if any(puts and not gets for gets, puts in has.values()):
        return      # dropped by another function
    for f, (gets, _) in has.items():
        if gets and not any(has[g][1] for g in driver.below([f])):
            at = next(c.at for _, c in driver.calls(f) if get.match(c.name))
            yield driver.hit(f, at, "nothing drops this reference on the device's power")


def unmapped(driver):
    """A mapping in a structure that is not the driver's, and nothing unmaps anything"""
    undone = {c.name for f in driver.functions for _, c in driver.calls(f)}
    for f in driver.functions:
        for node, call in driver.calls(f):
            if re.match(r"ioremap\w*$", call.name) and "->" in written(node, call) and not any(
                    re.match(r"(pci_)?iounmap$", name) for name in undone):
                yield driver.hit(f, call.at, "nothing in the driver unmaps %s" % written(node, call))


def works(driver):
    """A work item that drops the reference it was queued with on some paths only"""
    put = re.compile(r"(fput|put_device|kref_put|vfio_device_put_registration|pci_dev_put)$")
    for f in driver.functions:
        for _, call in driver.calls(f):
            if not re.match(r"INIT_(DELAYED_)?WORK$", call.name) or len(call.args) < 2:
                continue
            for g in driver.of(call.arg(1), f.file):
                left = {}

                def step(node, facts, state, left=left):
                    dropped, last = state
                    if any(put.match(c.name) for c in node.calls):
                        dropped = True
                    if node.kind == "exit" and not dropped:
                        left[last.line] = last
                    return dropped, node if node.tokens or node.kind == "return" else last

                if any(put.match(c.name) for _, c in driver.calls(g)):
                    for _ in walk([(driver.graph(g).entry, NONE, (False, driver.graph(g).entry))], step):
                        pass
                for node in left.values():
                    at = node.at if node.tokens else Token("return", node.line, 0)
                    yield driver.hit(g, at, "%s() ends here without the put that its other paths make" % g.name)
