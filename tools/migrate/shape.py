# SPDX-License-Identifier: GPL-2.0-only
"""What there is: a list of VMAs and everything around it, found by shape. Nothing is changed or judged here.

find() gives a Shape, complete and frozen, or all the reasons why there is none. Each part is found by one function
from the parts before it, which PARTS names, so that a part that cannot be found hides no reason that others have."""

import os
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple, Union

from migrate import ctext as c
from migrate.ctext import Region, Source, last_word
from migrate.findings import OtherModel, Unclear
from migrate.inode import has_device_inode, hides_devices, inode_comes_late
from migrate.pfn import DISTANCE, first_pfn_function, in_sum, must_be_new, pfn_function, stored_pfn
from migrate.slice import Slice
from migrate.tree import Tree
from migrate.walk import ZAPS, Walk, struct_tag, vendor_code

Facts = Mapping[str, Sequence[Sequence[str]]]

# A lock that guards a list, and how it is taken.
TAKES = re.compile(r"\b(?:mutex_(?:try)?lock\w*|spin_(?:try)?lock(?!_init)\w*|down_(?:read|write)\w*|guard\(\w+\))\s*"
                   r"\(\s*&(\w+)->([\w.]+)")
GENERIC = re.compile(r"^(lock|mutex|list|head|vmas?|mm|mm_lock|list_lock|mappings|maps)$")


@dataclass(frozen=True)
class Zap:
    """A function that becomes a zap: what it calls the owner, and the loops that go."""

    device: str
    regions: Tuple[Region, ...]


@dataclass(frozen=True)
class VmaList:
    """Whose list, of what, and who walks it."""

    line: int
    owner: str
    head: str               # path from the owner
    entry: str
    link: str
    vma: str                # member of the entry
    entry_file: str
    owner_file: str
    owner_body: str
    holder: str             # the struct that has the head as a member: the owner or a struct in it
    holder_file: str
    zaps: Mapping[str, Zap]
    helpers: Tuple[str, ...]    # called by the walk alone


@dataclass(frozen=True)
class Handlers:
    """The vm_operations, and what they consist of."""

    table: str
    ops: Mapping[str, str]
    callback: str           # .fault
    fault: str              # the function that handles the fault; the callback may be a frame around it
    fill: str               # what maps: the handler or a helper
    fill_call: str
    single: bool            # inserts pages by vmf_insert_pfn() already
    window: bool            # several of them
    mmap: str
    add: Optional[str]      # makes an entry
    lookups: Tuple[str, ...]    # tell whether a VMA is in the list

    @property
    def whole(self) -> Optional[str]:
        """The helper that fills a VMA, if there is one."""
        return self.fill if not self.single and self.fill != self.fault else None

    @property
    def prefix(self) -> str:
        return re.sub(r"_?fault$", "", self.callback) or self.callback


@dataclass(frozen=True)
class Locks:
    """The lock of the list, and the one that gates faults."""

    lock: str               # path from the owner
    spins: bool
    gate: Optional[str]
    gate_nested: bool
    mine: FrozenSet[str]         # the functions that take the lock for the list


@dataclass(frozen=True)
class Space:
    """The address space of the mappings."""

    kind: str               # inode, sdk, file, or unmap where drivers cannot see struct vfio_device
    vfio: Optional[str]     # member of the owner
    core: Optional[str]
    member: Optional[str]
    is_device: bool
    is_mdev: bool
    needs_inode: bool
    late: bool              # the inode comes when the device is registered
    bars: bool              # only BARs of vfio-pci are mapped


@dataclass(frozen=True)
class Pfn:
    """The page frame at a fault."""

    name: str               # of the new function
    code: Optional[str]     # the function; None where the handler keeps what it has
    stored: bool            # .mmap kept the pfn in vm_pgoff
    inline: Optional[str]   # the expression, where the handler itself computes it

    def of_vma(self) -> bool:
        """True if the function returns the pfn of the first page of a VMA."""
        return self.code is not None and "%s(struct vm_area_struct *vma)" % self.name in self.code


@dataclass(frozen=True)
class Shape:
    src: Source
    tree: Tree
    list: VmaList
    handlers: Handlers
    locks: Locks
    space: Space
    pfn: Pfn
    users: Tuple[str, ...]      # this file, and others that may touch the list, its lock or zap

    @property
    def name(self) -> str:
        return self.src.name

    def takes_lock(self, name: str, text: Optional[str] = None) -> bool:
        """True if a function, or a part of it, takes the lock of the list."""
        return takes_lock(self.src, self.list, self.locks.lock, name, text)

    def is_pointed_to(self, zap: str) -> bool:
        """True if the zap is a callback, whose type must stay."""
        return any(re.search(r"(?<![\w.>])%s\b(?!\s*\()" % zap, c.mask(self.tree.read(name)))
                   for name in self.users)

    def keeps_result(self, zap: str) -> bool:
        """True if the zap returns 0 on success and -errno if the walk gave up: callers may keep checking the result."""
        inside = self.src.inside(zap)
        function = self.src.function(zap)
        results = set(re.findall(r"\breturn\b\s*([^;]*);", inside))
        return "0" in results and len(results) > 1 and all(re.fullmatch(r"0|-E[A-Z]+", r) for r in results) and \
            not re.search(r"\breturn 0;\s*$", inside) and self.list.zaps[zap].regions[-1][1] >= \
            function.body + len(inside.rstrip())

    def typedefs(self) -> List[str]:
        """Other names of the struct of an entry."""
        return re.findall(r"\btypedef\s+struct\s+%s\s*\{[^}]*\}\s*(\w+);" % self.list.entry,
                          self.tree.read(self.list.entry_file))


def takes_lock(src: Source, lst: VmaList, lock: str, name: str, text: Optional[str] = None) -> bool:
    function = src.function(name)
    return any(path == lock and struct_tag(src.text, function.type_of(var)) in (lst.owner, None)
               for var, path in TAKES.findall(text or function.inside()))


# ---- the list

def find_list(src: Source, tree: Tree, walks: Sequence[Walk]) -> VmaList:
    first = walks[0]
    if any((w.owner, w.head) != (first.owner, first.head) for w in walks):
        raise Unclear("several-lists", "there are several lists: %s" % ", ".join(sorted({w.path for w in walks})))
    zaps, helpers = find_zaps(src, first, walks)
    owner_file, owner_body = declared_once(src, tree, first.owner)
    vma, entry_file = find_entry(src, tree, first)
    holder, holder_file = find_holder(src, tree, first, owner_file, owner_body)
    return VmaList(first.line, first.owner, first.head, first.entry, first.link, vma, entry_file, owner_file,
                   owner_body, holder, holder_file, zaps, tuple(helpers))


def find_zaps(src: Source, first: Walk, walks: Sequence[Walk]) -> Tuple[Dict[str, Zap], List[str]]:
    """The functions that become a zap, and the helpers that they alone call."""
    names = src.functions()
    inside = {f: src.inside(f) for f in names}
    zaps: Dict[str, Zap] = {}
    helpers: List[str] = []
    for walk in walks:
        zaps[walk.function.name] = Zap(walk.device, tuple(walk.regions))
        # A loop that looks for an mm may call the walk; then that loop is what goes.
        for f in names:
            if "struct mm_struct" not in inside[f] or f in zaps:
                continue
            loops = [(a, b) for a, b in src.loops(f) if c.calls(src.text[a:b], walk.function.name)]
            if loops:
                del zaps[walk.function.name]
                helpers.append(walk.function.name)
                device = src.function(f).parameter(r"struct %s \*" % first.owner)
                if not device:
                    raise Unclear("list", "%s() is not given the struct %s" % (f, first.owner), src.function(f).line())
                zaps[f] = Zap(device, tuple(loops))
                break
    # Whatever touches the list or zaps and is called by the walk alone is a part of it.
    touch = r"->%s\b|%s" % (re.escape(first.head), ZAPS)
    for f in names:
        callers = {g for g in names if g != f and c.calls(inside[g], f)}
        if re.search(touch, inside[f]) and callers and callers <= {*zaps, *helpers} and f not in {*helpers, *zaps}:
            helpers.append(f)
    return zaps, helpers


def declared_once(src: Source, tree: Tree, tag: str) -> Tuple[str, str]:
    files = [n for n in dict.fromkeys([src.name] + tree.headers_of(src.name, tag))
             if c.struct_body(tree.read(n), tag) is not None]
    if len(files) != 1:
        raise Unclear("list", "struct %s is declared in %d files that were looked at%s" % (
            tag, len(files), ": " + ", ".join(files) if files else ""))
    return files[0], c.struct_body(tree.read(files[0]), tag) or ""


def find_entry(src: Source, tree: Tree, walk: Walk) -> Tuple[str, str]:
    """The member of an entry that is the VMA, and the file that declares the entry."""
    where, body = tree.declaration(src.name, walk.entry)
    if not where:
        raise Unclear("list", "struct %s is declared in no file that was looked at" % walk.entry, walk.line)
    if "vm_area_struct" not in body:
        raise OtherModel(walk.entry, walk.line)
    members = [" ".join(x.split()) for x in body.split(";") if x.strip()]
    vma = [x for x in members if re.match(r"struct vm_area_struct ?\* ?\w+$", x)]
    more = [x for x in members if x not in vma and
            not re.match(r"struct (list_head|hlist_node) %s$" % walk.link, x)]
    if len(vma) != 1 or more:
        raise Unclear("entry", "struct %s holds more than a VMA (%s): decide where that is kept when the list goes" % (
            walk.entry, ", ".join(more) or "several VMAs"), walk.line)
    return vma[0].split("*")[1].strip(), where


def find_holder(src: Source, tree: Tree, walk: Walk, file: str, body: str) -> Tuple[str, str]:
    """The struct whose member the head is, where the owner has it in a struct with a name."""
    if "." not in walk.head:
        return walk.owner, file
    outer = walk.head.rsplit(".", 1)[0]
    m = re.search(r"\bstruct\s+(\w+)\s+%s\s*;" % outer, body)
    if not m or "." in outer:
        return walk.owner, file
    return m.group(1), declared_once(src, tree, m.group(1))[0]


def other_users(src: Source, tree: Tree, lst: VmaList, lock: Optional[str] = None) -> List[str]:
    """Files beside this one that may touch the list, its lock or zap: none, where the owner is declared in this one."""
    if lst.owner_file.endswith(".c"):
        return []
    where = os.path.dirname(src.name) or "."
    if os.path.basename(where) == "pci":
        where = os.path.dirname(where) or "."
    words = [word for word in (lst.head, lock or "") if word and not GENERIC.match(word)]
    found = tree.grep(r"\b(%s)\b" % "|".join([*(re.escape(w) for w in words), *lst.zaps]), where)
    return [f for f in found if f != src.name and re.search(r"\bstruct %s\b" % lst.owner, tree.read(f))]


# ---- the vm_operations

def find_handlers(src: Source, tree: Tree, lst: VmaList, facts: Facts) -> Handlers:
    tables: Dict[str, Dict[str, str]] = {}
    for _, table, member, f in facts["ops"]:
        tables.setdefault(table, {})[member] = f
    remaps = {f: call for _, f, call, _, _ in facts["remap"]}
    found = [(table, ops, fills) for table, ops in tables.items()
             for fills in [fills_of(src, ops.get("fault"), remaps)] if fills]
    if not found:
        raise no_fault(src, tree, lst)
    table, ops, fills = found[0]
    callback = fault = ops["fault"]
    fill = fills[0]
    if src.function(fill).parameter(r"struct vm_fault \*"):
        fault = fill
    single = remaps[fill] == "vmf_insert_pfn"
    window = single and any(c.calls(src.text[a:b], remaps[fill]) for a, b in src.loops(fill))
    mmaps = sorted({f for _, f, t in facts["mmap"] if t == table})
    if len(mmaps) != 1:
        raise Unclear("fault", "%s is used by %d functions%s" % (
            table, len(mmaps), ": " + ", ".join(mmaps) if mmaps else ""))
    adds = [f for f in src.functions() if f not in lst.zaps and re.search(
        r"\bh?list_add(_tail|_head)?(_rcu)?\(\s*&\w+->%s\b" % lst.link, src.inside(f))]
    adds = [f for f in adds if f not in (fault, mmaps[0], fill, ops.get("open"))]
    if len(adds) > 1:
        raise Unclear("vendor-code", "entries are made by several functions: %s" % ", ".join(adds),
                      src.function(adds[1]).line())
    add = adds[0] if adds else None
    known = {*lst.zaps, *lst.helpers, *ops.values(), fault, fill, add}
    return Handlers(table, ops, callback, fault, fill, remaps[fill], single, window, mmaps[0], add,
                    tuple(f for f in src.functions() if f not in known and is_lookup(src, f, lst.head)))


def fills_of(src: Source, fault: Optional[str], remaps: Mapping[str, str]) -> List[str]:
    """The functions by which a handler maps."""
    if fault is None or not src.defines(fault):
        return []
    body = src.source(fault)
    maps = [f for f in remaps if f == fault or c.calls(body, f)]
    if maps:
        return maps
    for helper in src.functions():
        found = [f for f in remaps if c.calls(src.inside(helper), f)]
        if found and c.calls(body, helper):
            raise Unclear("fault", "%s() maps by %s() and %s(): make that one function" % (fault, helper, found[0]),
                          src.function(helper).line())
    return []


def no_fault(src: Source, tree: Tree, lst: VmaList) -> Unclear:
    """It may be in another file of the driver."""
    for name in other_users(src, tree, lst):
        m = re.search(r"\.fault\s*=", c.mask(tree.read(name)))
        if m:
            return Unclear("fault", "the fault handler is not in this file but in %s, line %d: bring them together "
                           "first" % (name, c.line_of(tree.read(name), m.start())))
    return Unclear("fault", "no fault handler maps the device: its pages are mapped elsewhere, once, and would not "
                   "come back after a zap")


def is_lookup(src: Source, name: str, head: str) -> bool:
    """True if the function does nothing but look up whether a VMA is in the list."""
    fn = src.function(name)
    if not fn.parameter(r"struct vm_area_struct \*"):
        return False
    loops = [(a, b) for a, b in src.loops(name) if re.search(r"(->|\.)%s\b" % head, fn.text[a:b])]
    return len(loops) == 1 and not vendor_code(fn.source(), {name}) and \
        re.search(r"\breturn\s+(false|NULL|0)\s*;\s*$", fn.inside()) is not None


# ---- the locks

def find_locks(src: Source, tree: Tree, lst: VmaList, handlers: Handlers) -> Locks:
    walkers = [*lst.zaps, *lst.helpers]
    close = handlers.ops.get("close")
    taken = {f: {path for _, path in TAKES.findall(c.mask(src.source(f)))
                 if path not in ("mmap_lock", "mmap_sem") or re.search(r"\b%s;" % path, lst.owner_body)}
             for f in [*walkers, handlers.add, close, handlers.fault] if f is not None and src.defines(f)}
    locks = set().union(*(taken.get(f, set()) for f in walkers))
    if not locks:       # the callers do
        locks = set().union(*(taken.get(f or "", set()) for f in (close, handlers.add, handlers.fault)))
    # The walk may also take the lock that gates faults; functions that add or remove an entry do not.
    for f in (close, handlers.add):
        if len(locks) > 1 and taken.get(f or ""):
            locks &= taken[f or ""]
    if len(locks) != 1:
        zap = next(iter(lst.zaps))
        raise Unclear("lock", "%s: it is not clear which lock guards the list that %s() walks" % (
            "both %s are taken" % " and ".join(sorted(locks)) if locks else "no lock is taken", zap),
            src.function(zap).line())
    lock = locks.pop()
    body = lst.owner_body
    if "." in lock and lst.holder != lst.owner:
        body = c.struct_body(tree.read(lst.holder_file), lst.holder) or ""
    kind = re.search(r"\b(spinlock_t|struct mutex|struct rw_semaphore)\s+%s\s*;" % last_word(lock), body)
    gates = [path for f in (handlers.callback, handlers.fault) for path in re.findall(
        r"\bdown_read\w*\(\s*&\w+->([\w.]+)\)", src.inside(f)) if path != lock]
    gate = gates[0] if gates else None
    mine: List[Optional[str]] = [
        handlers.callback, handlers.fault, handlers.fill, handlers.add, handlers.ops.get("open"), close,
        *(w.name for w in tree.wrapped.get(os.path.dirname(src.name), ()) if w.lock == lock),
        *lst.helpers, *handlers.lookups, *lst.zaps]
    return Locks(lock, kind is not None and kind.group(1) == "spinlock_t", gate and last_word(gate),
                 "." in (gate or ""), frozenset(f for f in mine if f is not None and src.defines(f)))


# ---- the address space

def find_space(src: Source, tree: Tree, lst: VmaList, handlers: Handlers, wanted: str) -> Space:
    m = re.search(r"\bstruct vfio_device\s+(\w+);", lst.owner_body)
    vfio = m.group(1) if m else None
    m = re.search(r"\bstruct vfio_pci_core_device\s+(\w+);", lst.owner_body)
    core = m.group(1) if m else None
    kind, member, is_device, is_mdev = wanted, None, False, False
    first = src.function(handlers.mmap).params[0]
    mdev = re.match(r"struct mdev_device \*", first) is not None
    hidden = hides_devices(tree) and (mdev or re.match(r"void \*", first) is not None)
    old = re.match(r"void \*", first) is not None and "struct vfio_device_ops" in src.text
    if old and not hidden and kind in ("auto", "inode"):
        raise Unclear("space", "%s() is a callback of vfio of before 5.12, where drivers do not see struct "
                      "vfio_device: name the kernel tree, whose vfio.c is given a function that zaps" % handlers.mmap,
                      src.function(handlers.mmap).line())
    if mdev and not hidden and not vfio and kind in ("auto", "inode"):
        raise Unclear("space", "%s() belongs to an mdev, whose files are vfio's: embed a struct vfio_device first, as "
                      "5.16 wants it, or migrate it in its kernel tree" % handlers.mmap,
                      src.function(handlers.mmap).line())
    if kind == "auto":
        kind = choose_space(tree, lst, vfio or core, hidden)
    if hidden and kind == "inode":
        kind = "unmap"
        m = re.search(r"\bstruct\s+(?:(\w+_)?device|pci_dev)\s*\*\s*(\w+);", lst.owner_body)
        if not m:
            raise Unclear("space", "struct %s holds no struct device by which vfio knows it" % lst.owner)
        member, is_device = m.group(2), bool(re.match(r"struct\s+device\b", m.group()))
        is_mdev = bool(re.match(r"struct\s+mdev_device\b", m.group()))
    elif kind == "inode" and not vfio and not core:
        raise Unclear("space", "struct %s holds no vfio_device, so has no inode of one: say --as file" % lst.owner)
    needs_inode = kind in ("inode", "unmap") and tree.has("include/linux/vfio.h") and not has_device_inode(tree)
    mmap = src.source(handlers.mmap)
    bars = "VFIO_PCI_ROM_REGION_INDEX" in mmap and len(re.findall(r"->vm_ops\s*=(?!=)", mmap)) == 1
    late = kind == "inode" and inode_comes_late(tree)
    return Space(kind, vfio, core, member, is_device, is_mdev, needs_inode, late, bars)


def choose_space(tree: Tree, lst: VmaList, embedded: Optional[str], hidden: bool) -> str:
    if hidden:
        return "inode"
    if not embedded:
        return "file"
    if has_device_inode(tree) or any(tree.has("drivers/vfio/" + f) for f in ("vfio_main.c", "vfio.c")):
        return "inode"
    if lst.owner == "vfio_pci_core_device" or "vfio_pci_core_device" in lst.owner_body:
        return "sdk"
    raise Unclear("space", "no inode of vfio_device to be seen from here: say --as inode or --as sdk")


# ---- the page frame

def find_pfn(src: Source, lst: VmaList, handlers: Handlers, facts: Facts) -> Pfn:
    name = handlers.prefix + "_pfn"
    must_be_new(src.text, name)
    stored = any(f == handlers.mmap for _, f, _ in facts["pgoff"])
    if not stored and handlers.single:
        return Pfn(name, None, False, None)
    if stored:
        fn = src.function(handlers.mmap)
        piece = Slice(fn)
        value = piece.expression(stored_pfn(fn))
        private = re.search(r"->vm_private_data\s*=\s*(\w+);", fn.inside())
        if piece.device and (not private or private.group(1) != piece.device):
            raise Unclear("pfn", "the pfn is computed from %s, which %s() does not keep in vm_private_data" % (
                piece.device, handlers.mmap), fn.line())
    else:
        fn = src.function(handlers.fill)
        expr = c.calls(src.source(handlers.fill), handlers.fill_call)[0][2]
        piece = Slice(fn, src.function(handlers.fault) if handlers.fill != handlers.fault else None)
        try:
            value = piece.expression(expr)
        except Unclear:
            if handlers.fill != handlers.fault:
                raise
            # The handler calls a function for the pfn, and still calls it for the first page of the VMA.
            return Pfn(name, None, False, "%s + %s" % (in_sum(expr), DISTANCE))
    if handlers.single and (handlers.window or handlers.fill != handlers.fault):
        if re.search(r"\bvmf->pgoff\b", src.source(handlers.fault) + src.source(handlers.fill)):
            raise Unclear("pfn", "%s() inserts more than the page that faulted, and takes the pfn from vmf->pgoff: "
                          "unknown shape" % handlers.fill, src.function(handlers.fill).line())
        return Pfn(name, first_pfn_function(name, piece, value), stored, None)
    return Pfn(name, pfn_function(name, piece, value), stored, None)


# ---- all of it

Part = Union[VmaList, Handlers, Locks, Space, Pfn]


def find(tree: Tree, name: str, walks: Sequence[Walk], facts: Facts, space: str) -> \
        Tuple[Optional[Shape], List[Unclear]]:
    src = Source(name, tree.read(name))
    parts: Dict[str, Any] = {}
    reasons: List[Unclear] = []

    def part(key: str, needs: Sequence[str], make: Callable[..., Part]) -> None:
        if any(need not in parts for need in needs):
            return
        try:
            parts[key] = make(*(parts[need] for need in needs))
        except Unclear as why:
            reasons.append(why)

    part("list", (), lambda: find_list(src, tree, walks))
    part("handlers", ("list",), lambda lst: find_handlers(src, tree, lst, facts))
    part("locks", ("list", "handlers"), lambda lst, handlers: find_locks(src, tree, lst, handlers))
    part("space", ("list", "handlers"), lambda lst, handlers: find_space(src, tree, lst, handlers, space))
    part("pfn", ("list", "handlers"), lambda lst, handlers: find_pfn(src, lst, handlers, facts))
    if reasons:
        return None, reasons
    users = (name, *other_users(src, tree, parts["list"], parts["locks"].lock))
    return Shape(src, tree, parts["list"], parts["handlers"], parts["locks"], parts["space"], parts["pfn"], users), []
