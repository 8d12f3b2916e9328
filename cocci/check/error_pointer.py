# SPDX-License-Identifier: GPL-2.0-only
"""An error pointer is checked as one, and not used

Id: VPS-ERR-04
Group: errors
Severity: error
Reason: a function that returns error pointers never returns NULL: compared with NULL its failure goes unseen, and what
  comes next dereferences the errno. The same happens where an error path hands the error pointer to the function that
  frees.
Prevents: "vfio/pds: fix return value in pds_vfio_get_lm_file()", "vfio/mlx5: error pointer dereference in error
  handling"
Fix: IS_ERR() and PTR_ERR(); jump to a label after the one that frees what does not exist
"""

import re

from review_flow import NONE, after, assume, known, walk
from review_resources import written

ERRS = re.compile(r"(anon_inode_getfile\w*|eventfd_ctx_f\w*get|v?memdup_(array_)?user\w*|strndup_user|"
                  r"vfio_pci_core_get_iomap|dma_buf_(get|export)|ERR_PTR|ERR_CAST|filp_open|device_create|class_create|"
                  r"kthread_run|platform_device_register\w*|clk_get|debugfs_create_dir|pci_iov_get_pf_drvdata)$")
NULLS = re.compile(r"(k|kv|v)[mzc]alloc(_\w+)?$|(pci_)?ioremap\w*$|memremap$|pci_iomap\w*$|kmemdup$|alloc_pages?$|"
                   r"alloc_(ordered_)?workqueue$|pci_get_\w+$|vmap$")
LOOKS = ("IS_ERR", "PTR_ERR", "IS_ERR_OR_NULL", "ERR_CAST", "PTR_ERR_OR_ZERO", "WARN_ON", "kfree", "kvfree")


def check(driver):
    returning = {f.name for f in driver.functions if only_errors(driver, f)}
    for f in driver.functions:
        for node, call in driver.calls(f):
            name = written(node, call)
            if not name or call.member:
                continue
            if (ERRS.match(call.name) and call.name not in ("ERR_PTR", "ERR_CAST", "debugfs_create_dir")) or (
                    call.name in returning and driver.targets(f, call)):
                at = asked(node, name, r"!%s$|%s==NULL$|%s!=NULL$|%s$")
                if at:
                    yield driver.hit(f, at, "%s() returns error pointers, never NULL: use IS_ERR(%s)" % (call.name, name))
                    continue
                at = unasked(driver, f, node, name)
                if at:
                    yield driver.hit(f, at, "%s is used, and may be an error pointer: %s() in line %d was not checked" % (
                        name, call.name, call.at.line))
            elif NULLS.match(call.name):
                at = asked(node, name, r"IS_ERR\(%s\)$")
                if at:
                    yield driver.hit(f, at, "%s() returns NULL, no error pointer" % call.name)
        yield from used(driver, f)
        yield from stays(driver, f)


def only_errors(driver, f):
    """Does a function return error pointers and never NULL?"""
    if not f.returns.endswith("*"):
        return False
    said = [node.text for node in driver.graph(f).nodes if node.kind == "return"]
    return any(s.startswith("ERR_PTR(") for s in said) and not any("NULL" in s or s == "0" for s in said) and not any(
        w.to in said and "".join(t.text for t in w.value) == "NULL" for node in driver.graph(f).nodes for w in node.writes
    ) and all(s.startswith(("ERR_PTR(", "ERR_CAST(")) or re.fullmatch(r"[\w>-]+", s) for s in said) and not any(
        NULLS.match(c.name) and written(n, c) in said and not asked(n, written(n, c), r"!%s$|%s==NULL$|%s$|%s!=NULL$")
        for n, c in driver.calls(f))


def asked(start, name, patterns):
    """The first condition on the variable, when it is of this form; None when it is of another one."""
    pattern = re.compile("|".join(p.replace("%s", re.escape(name)) for p in patterns.split("|")))
    seen, todo = set(), [start] if start.kind == "cond" else [n for n, _ in start.next]
    while todo:
        node = todo.pop(0)
        if node in seen or len(seen) > 12:
            continue
        seen.add(node)
        if re.search(r"(?<![\w>.])%s(?![\w-])" % re.escape(name), node.text):
            said = re.sub(r"\(+%s=.*\)+$" % re.escape(name), name, node.text) if node is start else node.text
            return node.at if node.kind == "cond" and pattern.match(said) else None
        todo += [n for n, _ in node.next]
    return None


def unasked(driver, f, start, name):
    """Where a path dereferences the result of a function that returns error pointers, without checking it first."""
    found = []
    deref = re.compile(r"(?<![\w.>&])%s->" % re.escape(name))

    def step(node, facts, state):
        if node is start or found or any(w.to == name for w in node.writes) or "N" not in known(facts, name) or \
                "IS_ERR" in node.text or "PTR_ERR" in node.text or node.kind == "cleanup":
            return None
        if deref.search(re.sub(r"sizeof\([^)]*\)", "", node.text)):
            found.append(node.at)
            return None
        return state

    begins = []
    for other, truth in start.next:
        for facts in driver.facts(f).get(start, []):
            more = after(facts, start)
            more = assume(more, start.tokens, truth) if truth is not None else more
            if more is not None:
                begins.append((other, more, ""))
    for _ in walk(begins, step):
        pass
    return found[0] if found else None


def stays(driver, f):
    """A member that an error path leaves with an error pointer in it, where others ask whether it is NULL."""
    asked_of = {m for g in driver.functions for node in driver.graph(g).nodes if node.kind == "cond"
                for m in re.findall(r"^!?[\w>.-]+->(\w+)(?:\[\w+\])?$", node.text)}
    for node in driver.graph(f).nodes:
        m = re.fullmatch(r"IS_ERR\((\w+)->([\w>.-]*?)(\w+)((?:\[\w+\])?)\)", node.text) if node.kind == "cond" else None
        if not m or m.group(3) not in asked_of or m.group(1) not in {p.name for p in f.parameters} | {
                n for n, k in driver.locals(f).items() if not made(driver, f, n)}:
            continue
        name = node.text[len("IS_ERR("):-1]
        seen, todo = set(), [n for n, truth in node.next if truth]
        while todo:
            n = todo.pop()
            if n in seen or any(w.to == name for w in n.writes) or any(
                    re.match(r"k?v?free$", c.name) and c.arg(0) == m.group(1) for c in n.calls):
                continue
            seen.add(n)
            if n.kind == "exit":
                yield driver.hit(f, node.at, "%s stays an error pointer, and others ask whether it is NULL" % name)
                break
            todo += [x for x, _ in n.next]


def made(driver, f, name):
    """Is it made in this function?"""
    return any(written(node, c) == name and not re.search(r"drvdata|container_of", c.name) for node, c in driver.calls(f))


def used(driver, f):
    """Where a path that knows the pointer to be an error dereferences it."""
    asked_of = {m for node in driver.graph(f).nodes if node.kind == "cond" for m in re.findall(
        r"IS_ERR\(([\w>.-]+)\)", node.text)}
    if not asked_of:
        return
    found = {}

    def step(node, facts, state):
        for name in asked_of if node.kind != "cleanup" else ():
            if known(facts, name) != "N" or any(w.to == name for w in node.writes):
                continue
            for n, t in enumerate(node.tokens[:-1]):
                if t.text == name and node.tokens[n + 1].text == "->" and (not n or node.tokens[n - 1].text not in (
                        "->", ".", "sizeof")):
                    found[t.line] = (t, "%s is an error pointer here, and is dereferenced" % name)
            for c in node.calls:
                if c.name not in LOOKS and driver.targets(f, c) and any(
                        "".join(t.text for t in a) == name for a in c.args):
                    found[c.at.line] = (c.at, "%s is an error pointer here, and is given to %s()" % (name, c.name))
                if c.name in ("kfree", "kvfree", "vfree", "fput", "eventfd_ctx_put") and any(
                        "".join(t.text for t in a) == name for a in c.args):
                    found[c.at.line] = (c.at, "%s is an error pointer here, and is given to %s()" % (name, c.name))
        return state

    for _ in walk([(driver.graph(f).entry, NONE, "")], step):
        pass
    for at, message in found.values():
        yield driver.hit(f, at, message)
