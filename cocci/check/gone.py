# SPDX-License-Identifier: GPL-2.0-only
"""What was freed is not used and not freed again

Id: VPS-ERR-02
Group: errors
Severity: error
Reason: the last fput() of a file runs its .release, which frees the structure behind it; kfree() of that structure
  afterwards is a double free, a look into it a use after free. The same goes for kfree() and a second kfree(), and for
  what is read from a structure after the put that may have freed it.
Prevents: "vfio/mlx5: Fix unwind flows in mlx5vf_pci_save/resume_device_data()", "vfio/xe: Fix use-after-free in
  xe_vfio_pci_alloc_file()", "vfio/pci: Fix double free in dma-buf feature"
Fix: create the file last, so that no error path needs to undo it; set a pointer to NULL after kfree()
"""

import re

from review_flow import NONE, walk
from review_resources import FREE, written

# What takes a reference, and what drops it.
PUTS = ((re.compile(r"pci_get_\w+$|pci_dev_get$"), "pci_dev_put"), (re.compile(r"eventfd_ctx_f(d|ile)get$"), "eventfd_ctx_put"),
        (re.compile(r"fget(_raw)?$"), "fput"), (re.compile(r"get_device$|bus_find_device\w*$"), "put_device"))


def text(tokens):
    return "".join(t.text for t in tokens)


def check(driver):
    yield from dangling(driver)
    releases = driver.below(driver.part_of("file_release"))
    for f in driver.functions:
        for node, call in driver.calls(f):
            if call.member or not call.args:
                continue
            arg = text(call.args[0])
            gone = []
            if FREE.match(call.name) and re.fullmatch(r"\w+((->|\.)\w+)*", arg):
                gone = [(arg, "freed")]
            elif once(driver, f, call, arg):
                gone = [(arg, "put")]
            elif call.name == "fput" and f not in releases and owner(driver, f, arg, releases):
                gone = [(arg.rpartition("->")[0], "put by its file")]
            elif call.name == "fput" and refs(driver, f, arg) == 1:
                gone = [(x, "freed with its file") for x in behind(driver, f, arg, releases)]
            for name, how in gone:
                for at, what in later(driver, f, node, call, name, how == "put"):
                    yield driver.hit(f, at, "%s was %s in line %d, and is %s" % (name, how, call.at.line, what))


def dangling(driver):
    """fput(x->migf->filp) and x->migf stays"""
    quiet = driver.below(driver.part_of("release", "file_release", "remove"))
    for f in driver.functions:
        for node, call in driver.calls(f):
            m = re.fullmatch(r"([\w>.-]+->\w+)->\w+", call.arg(0)) if call.name == "fput" else None
            if not m or f in quiet or driver.structure(driver.type_of(f, m.group(1))) not in driver.structures:
                continue
            name, seen, todo = m.group(1), set(), [n for n, _ in node.next]
            while todo:
                n = todo.pop()
                if n in seen or any(w.to == name for w in n.writes):
                    continue
                seen.add(n)
                if n.kind == "exit":
                    yield driver.hit(f, call.at, "%s is put and not forgotten: it may be freed, and is found again" % name)
                    break
                todo += [x for x, _ in n.next]


def once(driver, f, call, arg):
    """Is it a local whose only reference was taken here, once, and is dropped?"""
    got = next((got for got, put in PUTS if put == call.name), None)
    return got is not None and arg in driver.locals(f) and len([
        1 for node, c in driver.calls(f) if got.match(c.name) and written(node, c) == arg]) == 1 and not any(
            text(c.args[0]) == arg for _, c in driver.calls(f) if c.args and re.search(r"(^|_)get(_|$)", c.name))


def owner(driver, f, arg, releases):
    """x->filp, where .release of the file frees x and nothing here has a reference of its own."""
    m = re.fullmatch(r"([\w>.-]+)->\w+", arg)
    kind = driver.structure(driver.type_of(f, m.group(1))) if m else ""
    return kind in driver.structures and kind not in driver.devices() and refs(driver, f, arg) == 1 and any(
        FREE.match(c.name) and driver.structure(driver.type_of(g, c.arg(0))) == kind
        for g in releases for _, c in driver.calls(g))


def refs(driver, f, name):
    return 1 + sum(text(c.args[0]) == name for _, c in driver.calls(f) if c.name == "get_file" and c.args)


def behind(driver, f, name, releases):
    """The structure that .release of a file frees, when the file was made here."""
    if not any(FREE.match(c.name) for g in releases for _, c in driver.calls(g)):
        return
    for node, c in driver.calls(f):
        if re.match(r"anon_inode_\w*getfile", c.name) and written(node, c) == name and len(c.args) > 2:
            yield text(c.args[2])


def later(driver, f, start, call, name, anywhere=False):
    found = {}

    def use(node):
        for c in node.calls:
            if c is call:
                continue
            for arg in c.args:
                said = text(arg)
                if FREE.match(c.name) and said == name:
                    return c.at, "freed again"
                if said == name and c.name not in ("IS_ERR", "PTR_ERR", "IS_ERR_OR_NULL", "WARN_ON") and \
                        (anywhere or driver.targets(f, c)):
                    return c.at, "given to %s()" % c.name
        before = [w for w in node.writes if w.to == name]
        if before:
            return None
        said = text(node.tokens)
        if re.search(r"(?<![\w>.])%s->" % re.escape(name), said) and not re.search(r"sizeof\(\*?%s" % re.escape(name), said):
            at = next((t for n, t in enumerate(node.tokens) if t.text == name.split("->")[-1] and
                       n + 1 < len(node.tokens) and node.tokens[n + 1].text == "->"), node.at)
            return at, "used"
        return None

    def step(node, facts, state):
        if node is start:
            return None
        hit = use(node)
        if hit:
            found[hit[0].line] = hit
            return None
        if node.kind == "iterate" and re.search(r"\b%s\b" % re.escape(name), text(node.tokens)):
            return None
        for w in node.writes:
            if w.to == name or name.startswith(w.to + "->") or name.startswith(w.to + "."):
                return None
        return state

    for other, _ in start.next:
        for _ in walk([(other, NONE, "")], step):
            pass
    return found.values()
