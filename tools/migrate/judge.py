# SPDX-License-Identifier: GPL-2.0-only
"""May this shape be changed? Nothing of the vendor's may be lost, and no lock may be left in a state that somebody
has to think about. judge() changes nothing."""

import re
from dataclasses import dataclass
from typing import Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from migrate import ctext as c
from migrate.ctext import Function, Region, Source
from migrate.findings import NOTE, REVIEW, Finding, Unclear
from migrate.shape import Shape
from migrate.walk import LOG, choice, part_of_vma, vendor_code

DEBUG = re.compile(r"(?:dev|pci|pr|vfio|netdev)_(?:dbg|debug)|trace_")
# What computes and changes nothing.
PURE = r"\b(?:PFN_\w+|PHYS_PFN|pci_resource_\w+|resource_size|pgprot_\w+)\b"


@dataclass(frozen=True)
class Verdict:
    """What is decided, what there is to say, and why the file must be left, if it must."""

    keep_lock: bool
    drop: Mapping[str, Optional[str]]   # .open and .close that maintain the list; None: they do more, and stay
    findings: Tuple[Finding, ...]
    reasons: Tuple[Unclear, ...]


class Judge:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.findings: List[Finding] = []
        self.reasons: List[Unclear] = []

    def say(self, kind: str, line: int, reason: str, text: str, name: Optional[str] = None) -> None:
        found = Finding(kind, name or self.shape.name, line, reason, text)
        if found not in self.findings:
            self.findings.append(found)

    def refuse(self, reason: str, why: str, line: Optional[int] = None, name: Optional[str] = None) -> None:
        if not any((known.why, known.line) == (why, line) for known in self.reasons):
            self.reasons.append(Unclear(reason, why, line, name or self.shape.name))

    def verdict(self) -> Verdict:
        self.walks()
        self.loops()
        drop = self.callbacks()
        keep_lock = self.locks()
        self.zaps(keep_lock)
        self.extent()
        self.other_mappings()
        self.pgoff()
        return Verdict(keep_lock, drop, tuple(self.findings), tuple(self.reasons))

    # ---- code of the vendor must stay: it may stand beside the list's, not inside it

    def ours(self) -> Set[Optional[str]]:
        lst, handlers = self.shape.list, self.shape.handlers
        return {lst.vma, lst.link, handlers.add, handlers.fill, "next", "prev", *lst.zaps, *lst.helpers}

    def regions(self, name: str) -> Sequence[Region]:
        """What of a walk goes: its loops, or all of a helper."""
        if name in self.shape.list.zaps:
            return self.shape.list.zaps[name].regions
        fn = self.shape.src.function(name)
        return ((fn.body - 1, fn.end),)

    def walks(self) -> None:
        src, lst = self.shape.src, self.shape.list
        for f in [*lst.zaps, *lst.helpers]:
            regions = self.regions(f)
            for start, end in regions:
                self.stop_at(src.name, start, end, self.ours(), "the walk of the list")
            self.reasons += partial(src, f, regions)
        handlers = self.shape.handlers
        for helper, where in ((handlers.add, "making an entry"), (handlers.whole, "the helper that fills a VMA")):
            if helper and helper != handlers.fault:
                fn = src.function(helper)
                self.stop_at(src.name, fn.body - 1, fn.end,
                             {*self.ours(), *re.findall(PURE, fn.inside()), handlers.fill_call}, where)

    def loops(self) -> None:
        """All other loops over the list go as well."""
        on_list = re.compile(r"(->|\.)%s\b" % re.escape(self.shape.list.head))
        for name in self.shape.users:
            masked = c.mask(self.shape.tree.read(name))
            for f in c.functions(masked):
                fn = Function(masked, f)
                for start, end in c.loops(masked, fn.body, fn.end):
                    if on_list.search(masked[start:end]) and not (name == self.shape.name and
                                                                  f in self.shape.list.zaps):
                        self.stop_at(name, start, end, self.ours(), "a loop over the list")

    def stop_at(self, name: str, start: int, end: int, ours: Iterable[Optional[str]], where: str) -> None:
        """Nothing of the vendor's may go with a piece of code."""
        text = self.shape.tree.read(name)
        found = self.beyond(name, "{" + text[start:end], start - 1, ours, where)
        if found:
            self.refuse("vendor-code", "%s does more than that (%s): decide where it belongs" % (where, found[0]),
                        c.line_of(text, start - 1 + found[1]), name)

    def beyond(self, name: str, source: str, start: int, ours: Iterable[Optional[str]], where: str) -> \
            Optional[Tuple[str, int]]:
        """The first code of the vendor's in a piece that is to go. Messages may go, and are told of."""
        known, logs = set(ours), []
        while True:
            found = vendor_code(source, known)
            if not found or not LOG.match(found[0]):
                break
            logs.append((found[0], c.line_of(self.shape.tree.read(name), start + found[1])))
            known.add(found[0])
        for log, line in () if found else logs:
            debug = DEBUG.match(log)
            self.say(NOTE if debug else REVIEW, line, "note" if debug else "log", "%s() went with %s%s" % (
                log, where, "" if debug else ": say it elsewhere if it is needed"), name)
        return found

    def callbacks(self) -> Mapping[str, Optional[str]]:
        src, lst, handlers = self.shape.src, self.shape.list, self.shape.handlers
        drop = {}
        for member in ("open", "close"):
            f = handlers.ops.get(member)
            if f is None or not src.defines(f):
                continue
            signs = [c.last_word(lst.head), "zap_vma_ptes", *handlers.lookups, *filter(None, [handlers.add])]
            if not re.search(r"\b(%s)\b" % "|".join(signs), src.source(f)):
                continue
            found = self.beyond(src.name, src.source(f), src.function(f).start, {*self.ours(), *handlers.lookups},
                                "%s(), which maintained the list" % f)
            if found:
                self.say(NOTE, c.line_of(src.text, src.function(f).start + found[1]), "note",
                         "%s() does more than maintain the list: the rest of it is kept" % f)
            drop[member] = None if found else f
        return drop

    # ---- locks

    def locks(self) -> bool:
        """Does the lock of the list stay?"""
        shape, src, lock = self.shape, self.shape.src, self.shape.locks
        zap = next(iter(shape.list.zaps))
        calls_zap = r"\b(%s)\s*\(" % "|".join(shape.list.zaps)
        if lock.gate_nested:
            m = re.search(r"if\s*\(!\s*(%s)\s*\(" % "|".join(shape.list.zaps), src.text)
            if m:
                self.refuse("lock", "%s() is tried with %s, a lock in another struct" % (zap, lock.gate),
                            c.line_of(src.text, m.start()))
        others = sorted(f for f in src.functions() if f not in lock.mine and shape.takes_lock(f) and
                        not re.search(calls_zap, src.source(f)))
        handlers = shape.handlers
        gates_faults = not lock.gate and any(
            shape.takes_lock(f) for f in (handlers.callback, handlers.fault, handlers.fill) if f in lock.mine)
        keep = bool(others) or gates_faults and not lock.spins
        unlocks = [f for f in src.functions() if f not in lock.mine and re.search(calls_zap, src.source(f)) and
                   re.search(r"(unlock|up_read|up_write)\w*\(&\w+->%s\b" % re.escape(lock.lock), src.source(f))]
        if keep and unlocks and any(shape.takes_lock(f) for f in [*shape.list.zaps, *shape.list.helpers]):
            self.refuse("lock", "%s() returns with %s held and %s: who unlocks, and when, must be decided" % (
                zap, lock.lock, "others need that lock" if lock.gate else "no other lock gates faults"),
                src.function(unlocks[0]).line())
        if others and not lock.gate and lock.spins:
            self.refuse("lock", "%s() takes %s for something else, and unmap_mapping_range() must not be called with a "
                        "spinlock held" % (others[0], lock.lock), src.function(others[0]).line())
        if others and lock.gate:
            self.say(REVIEW, src.function(others[0]).line(), "lock-kept",
                     "%s stays: %s() takes it for something else; faults and zaps take %s alone" % (
                         lock.lock, others[0], lock.gate))
        return keep

    def zaps(self, keep_lock: bool) -> None:
        shape, src, lock = self.shape, self.shape.src, self.shape.locks
        for name, zap in shape.list.zaps.items():
            rest = src.without(name, zap.regions)
            if keep_lock and not lock.gate and re.search(r"trylock\w*\(&\w+->%s\b" % re.escape(lock.lock), rest):
                self.refuse("lock", "%s() gives up when %s is held: decide what callers do then" % (name, lock.lock),
                            src.function(name).line())
            beside = vendor_code(rest, {name, *shape.list.helpers})
            moves = any(c.calls(src.inside(f), name) and re.search(
                r"\bdown_write\w*\(&[\w.>-]*\b%s\)" % lock.gate, src.inside(f)) for f in src.functions() if f != name)
            if beside and lock.gate and moves and not LOG.match(beside[0]):
                self.say(REVIEW, src.function(name).line(), "zap-order",
                         "%s() does more than zap (%s): callers now hold %s when it runs" % (
                             name, beside[0], lock.gate))

    # ---- what is mapped

    def extent(self) -> None:
        """A fault that maps a part of the VMA must not become one that maps whatever is touched."""
        src, handlers = self.shape.src, self.shape.handlers
        if handlers.single:
            return
        args = c.calls(src.source(handlers.fill), handlers.fill_call)[0]
        if len(args) < 5 or re.search(r"\baddress\b", args[1]):
            return
        fill = src.function(handlers.fill)
        call = re.compile(r"\b%s\s*\(" % handlers.fill_call)
        line = c.line_of(src.text, fill.body + next(m.start() for m in call.finditer(fill.inside())))
        if any(call.search(c.mask(src.text)[start:end]) for start, end in src.loops(fill.name)):
            self.refuse("fault", "%s() maps the VMA in a loop, piece by piece: let it map the page that faulted alone, "
                        "by vmf_insert_pfn(), first" % fill.name, line)
            return
        part = part_of_vma(fill, args[1], args[3])
        if part and part not in fill.source().split("{")[0]:
            self.refuse("partial-zap", "%s() maps only a part of the VMA (%s): decide what may be mapped where a "
                        "page faults" % (fill.name, part), line)

    def other_mappings(self) -> None:
        src, mmap = self.shape.src, self.shape.handlers.mmap
        if not self.shape.space.bars and re.search(r"->mmap\s*\(", src.source(mmap)):
            self.say(REVIEW, src.function(mmap).line(), "other-mappings",
                     "%s() has other ways to map, and all mappings of the file are zapped now: check that those "
                     "fault back in" % mmap)

    def pgoff(self) -> None:
        """A read of vm_pgoff after the pfn was stored there."""
        if not self.shape.pfn.stored:
            return
        fn = self.shape.src.function(self.shape.handlers.mmap)
        store = re.search(r"->vm_pgoff\s*\+?=(?!=)[^;]*;", fn.inside())
        for m in re.finditer(r"->vm_pgoff\b", fn.inside()):
            if store and m.start() > store.end():
                self.say(REVIEW, c.line_of(fn.text, fn.body + m.start()), "pgoff", pgoff_used(fn.name, "vm_pgoff"))


def pgoff_used(function: str, what: str) -> str:
    return "%s() uses %s: it is the offset in the file now, not a pfn" % (function, what)


def partial(src: Source, name: str, regions: Sequence[Region]) -> Iterator[Unclear]:
    """Why a walk is no zap of all mappings. It needs no shape, so that it is told where there is none."""
    for start, end in regions:
        some = choice(src.function(name), c.mask(src.text)[start:end])
        if some:
            yield Unclear("partial-zap", "%s() does not zap all of all mappings (%s): decide which offsets of the "
                          "file are meant" % (name, some[0]), c.line_of(src.text, start + some[1]))


def judge(shape: Shape) -> Verdict:
    return Judge(shape).verdict()
