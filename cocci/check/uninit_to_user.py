# SPDX-License-Identifier: GPL-2.0-only
"""Nothing of the kernel's stack goes to user space

Id: VPS-INPUT-07
Group: input
Severity: error
Reason: members that were never set, and the holes between members, hold what the stack or the heap had there before.
Prevents: addresses and keys of the kernel leaked to a guest
Fix: struct x info = {}; or memset() when the structure has holes; kzalloc() for what is copied out later
"""

import re

from review_resources import written

SIZES = ((r"(__)?[us]8|u?int8_t|bool|char", 1), (r"(__)?[usbl]e?16|u?int16_t", 2),
         (r"(__)?[usbl]e?32|u?int32_t|(unsigned )?int|unsigned", 4), (r"(__)?[usbl]e?64|u?int64_t|loff_t", 8))
COPY = ("copy_to_user", "__copy_to_user", "copy_to_iter")


def check(driver):
    for f in driver.functions:
        bare = {}
        for m in re.finditer(r"(?:^|(?<=[;{}] ))struct (\w+) ((?:\w+ , )*\w+) ;", " ".join(t.text for t in f.tokens)):
            for name in m.group(2).split(" , "):
                bare[name] = m.group(1)
        heap = {}
        for node, call in driver.calls(f):
            if re.match(r"(k|kv|v)malloc(_array|_obj|_objs)?$", call.name) and written(node, call):
                heap[written(node, call)] = call
        for _, call in driver.calls(f):
            if call.name not in COPY or len(call.args) < 2:
                continue
            arg = call.arg(1) if call.name != "copy_to_iter" else call.arg(0)
            name = arg.lstrip("&")
            if arg.startswith("&") and name in bare and not filled(driver, f, name, bare[name]):
                yield driver.hit(f, call.at, "%s is copied out, and is not initialised as a whole" % name)
            elif arg in heap and not filled(driver, f, arg, "", heap[arg]):
                yield driver.hit(f, call.at, "%s is copied out, from %s() that does not zero it" % (arg, heap[arg].name))


def filled(driver, f, name, kind, made=None):
    for node, call in driver.calls(f):
        if made is not None and call.at == made.at:
            continue
        if call.name in COPY or re.match(r"(kfree|kvfree|vfree|IS_ERR)", call.name):
            continue
        for n, a in enumerate(call.args):
            if re.fullmatch(r"(\(\w+\*\))?&?%s(\+.*)?" % re.escape(name), "".join(t.text for t in a)) and \
                    not by_members(driver, f, call, n, kind):
                return True     # memset(), copy_from_user(), or a function that fills it
    whole = [w for node in driver.graph(f).nodes for w in node.writes if w.to in (name, "*" + name) and
             not (made is not None and any(t is made.at for t in w.value))]
    if whole:
        return True
    set_members = {re.sub(r"\[.*", "", w.to[len(name):].lstrip("->.")) for node in driver.graph(f).nodes
                   for w in node.writes if re.match(r"%s(->|\.)" % re.escape(name), w.to)}
    members = set(driver.structures.get(kind, {}))
    return bool(members) and members <= {m.split(".")[0] for m in set_members} and not hole(driver.structures[kind])


def by_members(driver, f, call, n, kind):
    """Does a function of the driver's do no more than set some members of what it is given?"""
    if not driver.structures.get(kind) or call.member or not driver.of(call.name, f.file):
        return False
    return all(n < len(g.parameters) and not filled(driver, g, g.parameters[n].name, kind)
               for g in driver.of(call.name, f.file))


def hole(members):
    """Is there room between the members of a structure, or behind the last one? Only where all sizes are known."""
    at = widest = 0
    for type_ in members.values():
        size = next((s for pattern, s in SIZES if re.fullmatch(pattern, type_)), 0)
        if not size:
            return False
        if at % size:
            return True
        at, widest = at + size, max(widest, size)
    return bool(widest and at % widest)
