# SPDX-License-Identifier: GPL-2.0-only
"""A field is written under the lock that protects it

Id: VPS-LOCK-08
Group: locking
Severity: error
Reason: a lock protects a field only if every writer of the field holds the lock. One write without it, in a reset
  handler or at close, comes between what another task has looked at and what it does. Bit-fields of one word are
  written together: two of them under different locks undo each other.
Prevents: a state that a reset has set and a step of a migration sets back
Fix: take the lock around this write as well; give bit-fields that have different locks a bool each
"""

import collections
import re

from review_locks import MEMORY
from review_resources import ALLOC, written

LISTS = re.compile(r"(list_(add|del|move|splice)\w*|__list_\w+)$")
MADE = re.compile(r"vfio_alloc_device$|_vfio_alloc_device$")


def check(driver):
    young = driver.below(driver.part_of("init", "probe", "open", "release", "remove"))
    young -= driver.below([f for part, fs in driver.parts.items() if part not in (
        "init", "probe", "open", "release", "remove") for f in fs])
    seen = collections.defaultdict(list)
    for f in driver.functions:
        new = fresh(driver, f)
        frees = bool(re.search(r"free|clean|destroy|release|purge|teardown", f.name))
        for node in driver.graph(f).nodes:
            for base, member, at in writes(node, frees):
                kind = driver.structure(driver.type_of(f, base))
                if kind in driver.structures and not base.split("->")[0].split(".")[0] in new:
                    seen[kind, member].append((f, node, at))
    for (kind, member), places in seen.items():
        yield from one(driver, kind, member, [p for p in places if p[0] not in young], young)
    yield from bits(driver, seen, young)


def writes(node, frees):
    """(expression of a structure, member, where) that a node writes. A function that frees a list is its only user."""
    for w in node.writes:
        m = re.fullmatch(r"([\w.>-]+)(?:->|\.)(\w+)", w.to)
        if m and not w.declares:
            yield m.group(1), m.group(2), w.at
    for c in node.calls:
        if LISTS.match(c.name):
            for n in range(len(c.args)):
                m = re.fullmatch(r"&([\w.>-]+)(?:->|\.)(\w+)", c.arg(n))
                if m:
                    yield m.group(1), m.group(2), c.at


def fresh(driver, f):
    """Local variables that hold objects which no other code can reach yet."""
    made = set()
    for node, call in driver.calls(f):
        name = written(node, call)
        if name and (ALLOC.match(call.name) or MADE.match(call.name) or any(
                g.returns.endswith("*") and ALLOC.match(c.name) for t in driver.targets(f, call)
                for g in driver.below([t]) for _, c in driver.calls(g))):
            made.add(name)
    return made


def accesses(driver, kind, member):
    """Where the member is looked at or written."""
    pattern = re.compile(r"([\w.>-]+?)(?:->|\.)%s\b(?!\()" % member)
    for f in driver.functions:
        if not any(t.text == member for t in f.tokens) or member.endswith("_list") and re.search(r"free|clean|destroy", f.name):
            continue
        new = fresh(driver, f)
        for node in driver.graph(f).nodes:
            for m in pattern.finditer(node.text):
                base = m.group(1).lstrip("->.")
                if driver.structure(driver.type_of(f, base)) == kind and re.split(r"->|\.", base)[0] not in new:
                    yield f, node
                    break


def one(driver, kind, member, places, young):
    always = driver.locks.always
    looked = [(f, node, always(f, node)) for f, node in accesses(driver, kind, member)] if places else []
    elders = [names for f, _, names in looked if f not in young]
    if not elders or frozenset.intersection(*elders) - {MEMORY}:
        return      # there is a lock that everybody holds
    counted = collections.Counter(name for _, _, names in looked for name in names if name.split(".")[0] == kind)
    for name, count in counted.most_common(2):
        bad = [(f, node, at) for f, node, at in places if name not in always(f, node)]
        others = {f for f, _, names in looked if name not in names and f not in young} - {f for f, _, _ in bad}
        at_all = all(not always(f, node) - {MEMORY} for f, node, _ in bad)
        if count < 2 or name == MEMORY or len({f for f, _, _ in bad}) != 1 or not (at_all or not others):
            continue
        f, _, at = bad[0]
        root, way = unheld(driver, f, name)
        if root in driver.part_of("close") and not any(g in outside(driver) for g, _, _ in looked):
            continue
        yield driver.hit(f, at, "%s is written here without %s, which is held elsewhere%s" % (
            member, name, "; %s() leads here" % root.name if way else ""))
        return
    for f in driver.part_of("get_state"):
        for g, node, names in looked:
            if g is f and not names and counted and member == state_of(driver):
                yield driver.hit(f, node.at, "%s is read here without %s" % (member, counted.most_common(1)[0][0]))


def unheld(driver, f, name):
    """A function without callers from which a path leads here without the lock."""
    way = []
    while True:
        sites = [g for g, node, _ in driver.callers[f] if name not in driver.locks.always(g, node) and g not in way]
        if not sites:
            return f, way
        way.append(f)
        f = next((g for g in sites if driver.above(g) & set(driver.part_of("reset_done", "reset_prepare"))), sites[0])


def outside(driver):
    """What runs while a device is closed: files of a migration, resets, callbacks that no table names."""
    known = {f for fs in driver.parts.values() for f in fs}
    roots = driver.part_of("mig_read", "mig_write", "file_ioctl", "file_release", "reset_done", "reset_prepare", "irq", "revoke")
    return driver.below(roots + [f for f in driver.functions if not driver.callers[f] and f not in known and f.static])


def state_of(driver):
    """The member that set_state changes."""
    for f in driver.part_of("set_state"):
        for node in driver.graph(f).nodes:
            for w in node.writes:
                m = re.search(r"(?:->|\.)(\w+)$", w.to)
                if m and "state" in m.group(1):
                    return m.group(1)
    return None


BITS = re.compile(r"\b(\w+)\s*:\s*\d+\s*;")


def bits(driver, seen, young):
    for text in driver.texts.values():
        for m in re.finditer(r"^struct (\w+) \{(.*?)^\}", text, re.M | re.S):
            fields = [name for name in BITS.findall(re.sub(r"/\*.*?\*/", "", m.group(2), flags=re.S))]
            held = {name: [(f, at, driver.locks.always(f, node)) for f, node, at in seen.get((m.group(1), name), ())
                           if f not in young] for name in fields}
            for a, b in zip(fields, fields[1:]):
                pair = next(((x, y) for x in held[a] for y in held[b] if not x[2] & y[2]), None)
                if pair:
                    f, at, _ = min(pair, key=lambda p: len(p[2]))
                    yield driver.hit(f, at, "%s and %s are bits of one word, and written under different locks" % (a, b))
                    break
