# SPDX-License-Identifier: GPL-2.0-only
"""Never half: nothing of the old model may be left, and what is new must be as the new model has it. verify() compares
the files before and after, and gives findings or raises Unclear."""

import re
from typing import Iterator, List

from migrate import ctext as c
from migrate.ctext import Function
from migrate.findings import REVIEW, Finding, Unclear
from migrate.change import REMAP
from migrate.judge import pgoff_used
from migrate.rewrite import VOID, ListChange


def verify(change: ListChange) -> List[Finding]:
    findings: List[Finding] = []
    walks = [new.walk for new in change.new_zaps.values()]
    for name, text in change.files.items():
        nothing_left(change, name, text, walks)
        findings += late_locks(change, name, text, walks)
        no_entries(change, name, text)
        no_empty_branches(change, name, text)
    no_more_locks(change)
    unwind_stops(change)
    findings += fault_inserts(change)
    findings += constant_flags(change)
    walks_unmap(change, walks)
    return findings


def nothing_left(change: ListChange, name: str, text: str, walks: List[str]) -> None:
    masked = c.mask(text)
    for word in sorted(change.gone):
        m = re.search(r"\b%s\b" % word, masked)
        if m:
            line = change.line_in_original(name, text, m.start(), word)
            user = c.function_at(change.tree.read(name), line)
            raise Unclear("shape", "%s uses %s, which would be gone, in a way that is not known" % (
                user + "()" if user else "a declaration", change.unflat(word)), line, name)
    m = re.search(r"\bvm_ops->(?:open|close)\s*\(", masked) if any(change.verdict.drop.values()) else None
    if m:
        raise Unclear("shape", "%s() calls a callback of the VMA, which would be gone" % c.function_at(
            text, c.line_of(text, m.start())), change.line_in_original(name, text, m.start()), name)
    for m in re.finditer(r"([^\s])\s*\b(%s)\s*\(" % "|".join(walks), masked):
        keeps = change.shape.is_pointed_to(m.group(2)) or \
            m.group(2) in change.shape.list.zaps and change.shape.keeps_result(m.group(2))
        if m.group(1) in "=(!&|?<>+-," and not keeps:
            raise Unclear("shape", "what %s() returns is used: unknown shape" % m.group(2),
                          change.line_in_original(name, text, m.start(2)), name)


def common(change: ListChange, name: str, text: str) -> Iterator[str]:
    before = change.tree.read(name)
    return iter(sorted(set(c.functions(text)) & set(c.functions(before))))


def no_empty_branches(change: ListChange, name: str, text: str) -> None:
    """A branch of which nothing is left."""
    before = change.tree.read(name)
    empty = r"(?:\)|\belse)\s*\{\s*\}"
    for f in common(change, name, text):
        m = re.search(empty, Function(text, f).inside())
        if m and not re.search(empty, Function(before, f).inside()):
            body = Function(text, f).body + m.start()
            line = change.line_in_original(name, text, text.rfind("\n", 0, body + 1) + 1)
            several = change.shape.locks.gate and "down_write_trylock" in Function(before, f).inside()
            raise Unclear("hot-reset" if several else "shape",
                          "a branch of %s() has nothing left to do%s" % (
                              f, ": let it tell which devices are locked there" if several else ": unknown shape"),
                          line or Function(before, f).line(), name)


def no_more_locks(change: ListChange) -> None:
    """More places that take the lock that gates faults than there were, as after a reset of several devices whose
    second pass was not recognised: it would wait for itself."""
    gate = change.shape.locks.gate
    if not gate:
        return
    takes = re.compile(r"\bdown_write\w*\s*\(&[\w.>\[\]-]*\b%s\)" % gate)
    grown, total = None, 0
    for name, text in change.files.items():
        before = change.tree.read(name)
        total += len(takes.findall(c.mask(text))) - len(takes.findall(c.mask(before)))
        for f in common(change, name, text):
            if len(takes.findall(Function(text, f).inside())) > len(takes.findall(Function(before, f).inside())):
                grown = (name, Function(before, f).line(), f)
    if total > 0:
        raise Unclear("hot-reset", "%s takes %s, but who took it for this device before still does: unknown shape" % (
            grown[2] + "()" if grown else change.name, gate), grown[1] if grown else None, grown[0] if grown else None)


def unwind_stops(change: ListChange) -> None:
    """After a try to lock several devices has failed, those that come after the one that failed are not unlocked."""
    gate = change.shape.locks.gate
    for name, text in change.files.items() if gate else ():
        before = change.tree.read(name)
        for f in common(change, name, text):
            fn = Function(text, f)
            loops = [c.mask(text)[a:b] for a, b in c.loops(c.mask(text), fn.body, fn.end)]
            tries = any("for_each" in loop and re.search(r"\bdown_write_trylock\s*\([^;]*\b%s\)" % gate, loop)
                        for loop in loops)
            frees = any("for_each" in loop and re.search(r"\bup_write\s*\([^;]*\b%s\)" % gate, loop)
                        and not re.search(r"\bbreak;|\bgoto\b|\breturn\b", loop) for loop in loops)
            if tries and frees and Function(before, f).source() != fn.source():
                m = re.search(r"\bup_write\s*\([^;]*\b%s\)" % gate, Function(before, f).inside())
                line = c.line_of(before, Function(before, f).body + m.start()) if m else Function(before, f).line()
                raise Unclear("hot-reset", "%s() unlocks %s of all devices, also of those after the one that could not "
                              "be locked: stop there" % (f, gate), line, name)


def no_entries(change: ListChange, name: str, text: str) -> None:
    """An entry that is used, but is not there any more."""
    before = change.tree.read(name)
    typedefs = change.shape.typedefs() or [change.shape.list.entry]
    kind = r"\b(?:struct\s+%s|%s)\s+\*" % (change.shape.list.entry, "|".join(typedefs))
    for f in common(change, name, text):
        for declared in re.findall(kind + r"([^;]*);", Function(before, f).inside()):
            for part in c.split(declared):
                entry = re.findall(r"\w+", part)[0]
                m = re.search(r"\b%s\b" % entry, Function(text, f).inside())
                if m and not c.declared(Function(text, f), entry):
                    line = change.line_in_original(name, text, Function(text, f).body + m.start())
                    raise Unclear("shape", "%s() uses %s, an entry of the list, in a way that is not known" % (
                        f, entry), line, name)


def late_locks(change: ListChange, name: str, text: str, walks: List[str]) -> Iterator[Finding]:
    """A zap before the lock that gates faults, in a function that takes it: pages may come back in between."""
    gate = change.shape.locks.gate
    if not gate:
        return
    takes = re.compile(r"\bdown_write\w*\s*\(&[\w.>\[\]-]*\b%s\)" % gate)
    for f in c.functions(text):
        inside = Function(text, f).inside()
        for m in re.finditer(r"\b(%s)\s*\(" % "|".join(walks), inside):
            if not takes.search(inside[:m.start()]) and takes.search(inside[m.end():]):
                yield Finding(REVIEW, name, change.line_in_original(name, text, Function(text, f).start), "zap-order",
                              "%s() zaps before it takes %s: a page may be faulted in between" % (f, gate))


def fault_inserts(change: ListChange) -> Iterator[Finding]:
    shape, new = change.shape, change.text(change.name)
    handlers = shape.handlers
    m = re.search(r"->vm_pgoff\s*([-+|&^]|<<|>>)?=(?!=)", c.mask(new))
    if m:
        raise Unclear("pfn", "vm_pgoff is written somewhere else as well: it must stay the offset in the file",
                      change.line_in_original(change.name, new, m.start()))
    sources = [Function(new, f).source() for f in c.functions(new)
               if f == handlers.fault or f.startswith(handlers.prefix)]
    if handlers.single:
        sources.append(Function(new, handlers.fill).source())
    fault = "\n".join(sources)
    if not re.search(r"\bvmf_insert_pfn\s*\(", fault) or re.search(REMAP, fault):
        raise Unclear("shape", "%s() could not be made to insert a page: unknown shape" % handlers.fault,
                      shape.src.function(handlers.fault).line())
    for f in c.functions(new):
        m = re.search(r"->vm_pgoff\b|\bvmf->pgoff\b", Function(new, f).inside())
        if shape.pfn.stored and m and f not in (handlers.mmap, shape.pfn.name):
            yield Finding(REVIEW, change.name,
                          change.line_in_original(change.name, new, Function(new, f).body + m.start()), "pgoff",
                          pgoff_used(f, m.group().replace("->vm", "vm")))


def constant_flags(change: ListChange) -> Iterator[Finding]:
    """A local that told whether the VMA was in the list, and has one value now."""
    handlers, new = change.shape.handlers, change.text(change.name)
    before = change.shape.src.function(handlers.fault)
    for f in c.functions(new):
        if f != handlers.fault and not f.startswith(handlers.prefix):
            continue
        inside = Function(new, f).inside()
        for var in re.findall(r"\bbool (\w+) = (?:false|true);", inside):
            stores = r"\b%s = " % var
            if len(re.findall(stores, before.inside())) > 1 == len(re.findall(stores, inside)):
                yield Finding(REVIEW, change.name, before.line(), "simplify",
                              "%s of %s() has one value only now: simplify" % (var, handlers.fault))


def walks_unmap(change: ListChange, walks: List[str]) -> None:
    new = change.text(change.name)
    for walk in walks:
        source = Function(new, walk).source()
        if not VOID.match(source) and not re.search(r"\breturn\b", source):
            raise Unclear("shape", "%s() is a callback whose result was decided in the walk: decide what it returns "
                          "now" % walk)
        if not re.search(r"\b(unmap_mapping_range|vfio_device_unmap|vfio_pci_core_zap_\w+)\(", source):
            raise Unclear("shape", "%s() could not be changed: unknown shape" % walk)
    if change.shape.space.kind == "file":
        if "->f_mapping" not in new:
            raise Unclear("space", "no function that opens the file has a struct %s, which must keep its f_mapping: "
                          "find the device there" % change.shape.list.owner)
        change.say(REVIEW, change.line, "one-node", "mappings are found through the inode that was opened: check "
                   "that each device has one node, and that nothing zaps after its last close")
