# SPDX-License-Identifier: GPL-2.0-only
"""What was checked is not fetched from user memory again

Id: VPS-INPUT-13
Group: input
Severity: error
Reason: user space can change its memory between two copies. A size, a count or an index that was checked in the first
  copy is whatever it likes in the second one, and the check is worth nothing.
Prevents: a write past the end of a buffer by a program with two threads
Fix: copy once and use that copy; or copy only what follows the header: copy_from_user(rest, arg + sizeof(hdr), len)
"""

import re

FETCH = re.compile(r"_*(copy_from_user|get_user|v?memdup_user)(_nofault)?$")
CAST = re.compile(r"\((?:const )?(?:(?:struct|union) )?\w+(?: __user)? ?\*+(?:__user ?)?\*?\)|u64_to_user_ptr")


def source(call):
    """(where the call reads user memory, what it fills), or None."""
    if call.member or not FETCH.match(call.name) or len(call.args) < 2:
        return None
    where, to = (call.arg(0), "") if "memdup" in call.name else (call.arg(1), call.arg(0).lstrip("&"))
    return plain(where), to


def plain(said):
    """An expression without casts and brackets; a member of a user's structure is part of it."""
    said = CAST.sub("", said).strip("()")
    m = re.fullmatch(r"&\(?(\w+)\)?->\w+", said)
    return m.group(1) if m else said


def fetches(driver, f, seen=()):
    """(node, call, where, what it fills) of the function, and of those it calls, in the words of this one."""
    for node, call in driver.calls(f):
        found = source(call)
        if found:
            yield (node, call) + found
            continue
        for g in driver.targets(f, call) if f not in seen else ():
            names = [p.name for p in g.parameters]
            for _, _, where, to in fetches(driver, g, seen + (f,)):
                if where in names and names.index(where) < len(call.args):
                    yield node, call, plain(call.arg(names.index(where))), ""


def check(driver):
    for f in driver.functions:
        found = list(fetches(driver, f))
        for node, call, where, to in found:
            others = {n: c for n, c, w, _ in found if w == where and c is not call}
            if not others or not to or not re.match(r"[A-Za-z_]", where):
                continue
            asked = [n for n in driver.graph(f).nodes if n.kind in ("cond", "switch") and
                     re.search(r"(?<![\w>.&])%s\b" % re.escape(to), n.text) and n is not node]
            again = next((n for n in after(node, where, others) if any(leads(a, n) for a in asked)), None)
            if again is not None:
                yield driver.hit(f, others[again].at, "%s is read again here: user space may have changed it since line %d" % (
                    where, call.at.line))


def after(start, where, wanted):
    """The nodes that read the same memory, on paths on which the pointer stays."""
    root = re.compile(r"(?<![\w>.])(%s)$" % "|".join(map(re.escape, re.findall(r"[A-Za-z_]\w*", where))))
    seen, todo = set(), [n for n, _ in start.next]
    while todo:
        node = todo.pop()
        if node in seen or node is start:
            continue
        seen.add(node)
        if node in wanted:
            yield node
        moved = any(root.search(w.to) for w in node.writes) or any(
            root.fullmatch(arg[1:]) for c in node.calls for n in range(len(c.args)) for arg in [c.arg(n)] if arg[:1] == "&")
        if not moved:
            todo += [n for n, _ in node.next]


def leads(start, end):
    seen, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node is end:
            return True
        if node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next]
    return False
