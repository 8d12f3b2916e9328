# SPDX-License-Identifier: GPL-2.0-only
"""A list of VMAs, and what it takes to leave it. All of it goes, or Unclear says what cannot."""

import os
import re

import migrate_text as c
from migrate_models import (REMAP, Change, area, has_device_inode, has_flags_set, hides_devices, inode_comes_late,
                            first_pfn_function, make_huge, must_be_new, pfn_function, stored_pfn, wants_huge)
from migrate_text import Function, Slice, Unclear
from migrate_walk import ZAPS, choice, part_of_vma, struct_tag, vendor_code

LOG = re.compile(r"^((dev|pci|pr|vfio)_(dbg|info|notice|warn|err|debug)\w*|printk\w*|trace_\w+)$")
# A lock that guards a list, and how it is taken.
TAKES = re.compile(r"\b(?:mutex_(?:try)?lock\w*|spin_(?:try)?lock(?!_init)\w*|down_(?:read|write)\w*|guard\(\w+\))\s*"
                   r"\(\s*&(\w+)->([\w.]+)")
VOID = r"(?:(?:static|extern|inline|noinline|__\w+)\s+)*void\s+(?:__\w+\s+)*\w"
GENERIC = re.compile(r"^(lock|mutex|list|head|vmas?|mm|mm_lock|list_lock|mappings|maps)$")


class OtherModel(Exception):
    """A list whose entries are not VMAs."""

    def __init__(self, entry):
        super().__init__("mappings are found through a list of struct %s, which are no VMAs" % entry)


class VmaList(Change):
    """Found by migrate_walk in one file; its owner may be declared in a header."""

    def __init__(self, tree, name, walks, facts, options):
        super().__init__(tree)
        self.name, self.options = name, options
        self.original = tree.read(name)
        self.facts = facts
        self.line = walks[0].line
        self.find_list(walks)
        self.find_entry()
        self.find_owner()
        self.find_functions()
        self.find_lookups()
        self.find_lock()
        self.look_at_walks()
        self.look_at_callbacks()
        self.look_at_locks()
        self.find_space()
        self.find_pfn()
        self.subject = "%s: zap mappings by unmap_mapping_range()" % area(name)
        self.message = self.tell()
        self.change()

    def tell(self):
        """Why, and what happens to what."""
        paragraphs = ["""Zapping VMA by VMA needs a list of them, a lock for the list, and mmap_lock before it, in an
order that every fault, zap and reset has to keep. All mappings of a device belong to one address space, in which
unmap_mapping_range() finds them without that."""]
        lock = "Remove the list and its lock." if not self.keep_lock else \
            "Remove the list. Its lock stays, because %s." % (
                "others need it, too" if self.gate else "it also makes a zap wait for faults")
        fault = pgoff = shared = ""
        if not self.single:
            fault = """ A fault inserts the page that faulted instead of filling the VMA, so there is no VMA to
remember."""
        if self.stored:
            pgoff = " vm_pgoff stays the offset in the file, by which unmap_mapping_range() looks, and the pfn is " \
                "computed from it when a page faults."
        if not re.search(r"\bVM_(MAY)?SHARE", self.source(self.mmap)):
            shared = " Private mappings are refused: vmf_insert_pfn() must not be called for one that may be written."
        return "\n\n".join(paragraphs + [lock + fault + pgoff + shared])

    def function(self, name):
        return Function(self.original, name)

    def source(self, name):
        return self.function(name).source()

    def loops_of(self, name):
        f = self.function(name)
        return list(c.loops(c.mask(self.original), f.body, f.end))

    # ---- what there is

    def find_list(self, walks):
        first = walks[0]
        self.owner, self.entry, self.link, self.head = first.owner, first.entry, first.link, first.head
        if any((w.owner, w.head) != (self.owner, self.head) for w in walks):
            raise Unclear("there are several lists: %s" % ", ".join(sorted({w.path for w in walks})))
        names = c.functions(self.original)
        inside = {f: self.function(f).inside() for f in names}
        # The functions that become a zap, each with the name of the owner and the loops that go.
        self.zaps, self.helpers = {}, []
        for walk in walks:
            self.zaps[walk.function.name] = (walk.device, walk.regions)
            # A loop that looks for an mm may call the walk; then that loop is what goes.
            for f in names:
                if "struct mm_struct" not in inside[f] or f in self.zaps:
                    continue
                loops = [(a, b) for a, b in self.loops_of(f) if c.calls(self.original[a:b], walk.function.name)]
                if loops:
                    del self.zaps[walk.function.name]
                    self.helpers.append(walk.function.name)
                    self.zaps[f] = (self.owner_in(f), loops)
                    break
        # Whatever touches the list or zaps and is called by the walk alone is a part of it.
        touch = r"->%s\b|%s" % (re.escape(self.head), ZAPS)
        for f in names:
            callers = {g for g in names if g != f and c.calls(inside[g], f)}
            if re.search(touch, inside[f]) and callers and callers <= {*self.zaps, *self.helpers} and \
               f not in self.helpers and f not in self.zaps:
                self.helpers.append(f)

    def find_lookups(self):
        """Functions that do nothing but tell whether a VMA is in the list: it never is, any more."""
        self.lookups = []
        for f in c.functions(self.original):
            fn = self.function(f)
            if f in {*self.zaps, *self.helpers, *self.ops.values(), self.fault, self.fill, self.add} or \
               not fn.parameter(r"struct vm_area_struct \*"):
                continue
            loops = [(a, b) for a, b in self.loops_of(f) if re.search(r"(->|\.)%s\b" % self.head, fn.text[a:b])]
            if len(loops) == 1 and not vendor_code(fn.source(), {f}) and \
               re.search(r"\breturn\s+(false|NULL|0)\s*;\s*$", fn.inside()):
                self.lookups.append(f)

    def owner_in(self, name):
        """What a function calls the owner."""
        found = self.function(name).parameter(r"struct %s \*" % self.owner)
        if not found:
            raise Unclear("%s() is not given the struct %s" % (name, self.owner))
        return found

    def find_entry(self):
        self.entry_file, body = self.tree.declaration(self.name, self.entry)
        if not self.entry_file:
            raise Unclear("struct %s is declared in no file that was looked at" % self.entry)
        if "vm_area_struct" not in body:
            raise OtherModel(self.entry)
        members = [" ".join(x.split()) for x in body.split(";") if x.strip()]
        vma = [x for x in members if re.match(r"struct vm_area_struct ?\* ?\w+$", x)]
        more = [x for x in members if x not in vma and
                not re.match(r"struct (list_head|hlist_node) %s$" % self.link, x)]
        if len(vma) != 1 or more:
            raise Unclear("struct %s holds more than a VMA (%s): what becomes of that when the list goes?" % (
                self.entry, ", ".join(more) or "several VMAs"))
        self.vma = vma[0].split("*")[1].strip()

    def find_owner(self):
        self.files_of_owner = [n for n in dict.fromkeys([self.name] + self.tree.headers_of(self.name, self.owner))
                               if c.struct_body(self.tree.read(n), self.owner) is not None]
        if len(self.files_of_owner) != 1:
            raise Unclear("struct %s is declared in %d files that were looked at" % (
                self.owner, len(self.files_of_owner)))
        self.owner_body = c.struct_body(self.tree.read(self.files_of_owner[0]), self.owner)

    def find_functions(self):
        self.lock = None    # not known yet
        tables = {}
        for _, table, member, f in self.facts["ops"]:
            tables.setdefault(table, {})[member] = f
        remaps = {f: call for _, f, call, _, _ in self.facts["remap"]}
        self.table = self.fault = None
        for table, members in tables.items():
            fault = members.get("fault")
            if fault and fault in c.functions(self.original):
                body = self.source(fault)
                maps = [f for f in remaps if f == fault or c.calls(body, f)]
                if maps:
                    self.table, self.fault, self.ops = table, fault, members
                    self.fill = maps[0]
                    break
                for helper in c.functions(self.original):
                    found = [f for f in remaps if c.calls(self.function(helper).inside(), f)]
                    if found and c.calls(body, helper):
                        raise Unclear("%s() maps by %s() and %s(): make that one function" % (fault, helper, found[0]))
        if not self.fault:
            self.look_for_fault()
            raise Unclear("no fault handler maps the device: its pages are mapped elsewhere, once, and would not come "
                          "back after a zap")
        self.fill_call = remaps[self.fill]
        # The callback may be a frame around the handler.
        self.callback = self.fault
        if self.function(self.fill).parameter(r"struct vm_fault \*"):
            self.fault = self.fill
        # Handlers that insert pages already: one, or several in a loop that may stay.
        self.single = self.fill_call == "vmf_insert_pfn"
        self.window = self.single and any(c.calls(self.original[a:b], self.fill_call)
                                          for a, b in self.loops_of(self.fill))
        self.whole = self.fill if not self.single and self.fill != self.fault else None
        self.mmaps = [f for _, f, table in self.facts["mmap"] if table == self.table]
        if len(self.mmaps) != 1:
            raise Unclear("%s is used by %d functions" % (self.table, len(self.mmaps)))
        self.mmap = self.mmaps[0]
        adds = [f for f in c.functions(self.original) if f not in self.zaps and re.search(
            r"\bh?list_add(_tail|_head)?(_rcu)?\(\s*&\w+->%s\b" % self.link, self.function(f).inside())]
        self.adds = [f for f in adds if f not in (self.fault, self.mmap, self.fill, self.ops.get("open"))]
        if len(self.adds) > 1:
            raise Unclear("entries are made by several functions: %s" % ", ".join(self.adds))
        self.add = self.adds[0] if self.adds else None

    def look_for_fault(self):
        """A driver of several files."""
        for name in self.other_users():
            text = c.mask(self.tree.read(name))
            m = re.search(r"\.fault\s*=", text)
            if m and name != self.name:
                raise Unclear("the fault handler is not in this file but in %s, line %d: bring them together first" % (
                    name, c.line_of(text, m.start())))

    def find_lock(self):
        taken = {f: {path for _, path in TAKES.findall(c.mask(self.source(f)))
                     if path not in ("mmap_lock", "mmap_sem") or re.search(r"\b%s;" % path, self.owner_body)}
                 for f in [*self.zaps, *self.helpers, self.add, self.ops.get("close"), self.fault]
                 if f in c.functions(self.original)}
        locks = set().union(*(taken.get(f, ()) for f in [*self.zaps, *self.helpers]))
        if not locks:       # the callers do
            locks = set.union(*(taken.get(f, set()) for f in (self.ops.get("close"), self.add, self.fault)))
        # The walk may take the lock that gates faults, too; whoever adds or removes an entry does not.
        for f in (self.ops.get("close"), self.add):
            if len(locks) > 1 and taken.get(f):
                locks &= taken[f]
        if len(locks) != 1:
            raise Unclear("%s: which lock guards the list that %s() walks?" % (
                "both %s are taken" % " and ".join(sorted(locks)) if locks else "no lock is taken",
                next(iter(self.zaps))))
        self.lock = locks.pop()
        kind = re.search(r"\b(spinlock_t|struct mutex|struct rw_semaphore)\s+%s\s*;" % self.lock.split(".")[-1],
                         self.owner_body)
        self.spins = bool(kind) and kind.group(1) == "spinlock_t"

    # ---- code of the vendor must stay: it may stand beside the list's, not inside it

    def look_at_walks(self):
        ours = {self.vma, self.link, self.add, self.fill, "next", "prev", *self.zaps, *self.helpers}
        for f in [*self.zaps, *self.helpers]:
            fn = self.function(f)
            regions = self.zaps[f][1] if f in self.zaps else [(fn.body - 1, fn.end)]
            for start, end in regions:
                self.stop_at(self.name, start, end, ours, "the walk of the list")
                some = choice(fn, c.mask(self.original)[start:end])
                if some:
                    raise Unclear("%s() does not zap all of all mappings (%s): which offsets of the file are meant?" % (
                        f, some), c.line_of(self.original, start))
        for f, where in ((self.add, "making an entry"), (self.whole, "the helper that fills a VMA")):
            if f and f != self.fault:
                fn = self.function(f)
                pure = re.findall(r"\b(?:PFN_\w+|PHYS_PFN|pci_resource_\w+|resource_size|pgprot_\w+)\b", fn.inside())
                self.stop_at(self.name, fn.body - 1, fn.end, {*ours, *pure, self.fill_call}, where)
        # All other loops over the list go, too.
        on_list = re.compile(r"(->|\.)%s\b" % re.escape(self.head))
        for name in dict.fromkeys([self.name, *self.other_users()]):
            masked = c.mask(self.tree.read(name))
            for f in c.functions(masked):
                fn = Function(masked, f)
                for start, end in c.loops(masked, fn.body, fn.end):
                    if on_list.search(masked[start:end]) and not (name == self.name and f in self.zaps):
                        self.stop_at(name, start, end, ours, "a loop over the list")

    def stop_at(self, name, start, end, ours, where):
        """Nothing of the vendor's may go with a piece of code."""
        text = self.tree.read(name)
        found = vendor_code("{" + text[start:end], ours)
        if not found:
            return
        line = c.line_of(text, start - 1 + found[1])
        if LOG.match(found[0]):
            self.tree.note("review", name, line, "%s() went with %s: say it elsewhere if it is needed" % (
                found[0], where))
            return
        raise Unclear("%s:%d: %s does more than that (%s): decide where it belongs" % (name, line, where, found[0]))

    def look_at_callbacks(self):
        ours = {self.vma, self.link, self.add, self.fill, "next", "prev", *self.zaps, *self.helpers, *self.lookups}
        self.drop = {}
        for member in ("open", "close"):
            f = self.ops.get(member)
            if not f or f not in c.functions(self.original):
                continue
            signs = r"\b(%s)\b" % "|".join([self.head.split(".")[-1], "zap_vma_ptes", *self.lookups] +
                                           ([self.add] if self.add else []))
            if not re.search(signs, self.source(f)):
                continue
            found = vendor_code(self.source(f), ours)
            if found:
                line = c.line_of(self.original, self.function(f).start + found[1])
                self.tree.note("note", self.name, line,
                               "%s() does more than maintain the list: the rest of it is kept" % f)
                self.drop[member] = None
            else:
                self.drop[member] = f

    def look_at_locks(self):
        gates = [path for f in (self.callback, self.fault) for path in re.findall(
            r"\bdown_read\w*\(\s*&\w+->([\w.]+)\)", self.function(f).inside()) if path != self.lock]
        self.gate = gates[0] if gates else None
        if self.gate and "." in self.gate:
            if re.search(r"if\s*\(!\s*(%s)\s*\(" % "|".join(self.zaps), self.original):
                raise Unclear("%s() is tried with %s, a lock in another struct" % (next(iter(self.zaps)), self.gate))
            self.gate = self.gate.split(".")[-1]
        mine = [self.callback, self.fault, self.fill, self.add, self.ops.get("open"), self.ops.get("close")]
        mine += [w.name for w in self.wrappers()]
        self.mine = {f for f in [*mine, *self.helpers, *self.lookups, *self.zaps] if f in c.functions(self.original)}
        calls_zap = r"\b(%s)\s*\(" % "|".join(self.zaps)
        others = sorted(f for f in c.functions(self.original) if f not in self.mine and self.takes_lock(f) and
                        not re.search(calls_zap, self.source(f)))
        gates_faults = not self.gate and any(self.takes_lock(f) for f in (self.callback, self.fault, self.fill)
                                             if f in self.mine)
        self.keep_lock = bool(others) or gates_faults and not self.spins
        returns_locked = any(self.takes_lock(f) for f in [*self.zaps, *self.helpers]) and any(
            re.search(calls_zap, self.source(f)) and re.search(
                r"(unlock|up_read|up_write)\w*\(&\w+->%s\b" % re.escape(self.lock), self.source(f))
            for f in c.functions(self.original) if f not in self.mine)
        if self.keep_lock and returns_locked:
            raise Unclear("%s() returns with %s held and %s: who unlocks, and when, must be decided" % (
                next(iter(self.zaps)), self.lock,
                "others need that lock" if self.gate else "no other lock gates faults"))
        if others and not self.gate and self.spins:
            raise Unclear("%s() takes %s for something else, and unmap_mapping_range() must not be called with a "
                          "spinlock held" % (others[0], self.lock))
        if others and self.gate:
            self.tree.note("review", self.name, self.function(others[0]).line(),
                           "%s stays: %s() takes it for something else; faults and zaps take %s alone" % (
                               self.lock, others[0], self.gate))
        for zap, (_, regions) in self.zaps.items():
            rest = self.without(zap, regions)
            if self.keep_lock and not self.gate and re.search(r"trylock\w*\(&\w+->%s\b" % re.escape(self.lock), rest):
                raise Unclear("%s() gives up when %s is held: what then?" % (zap, self.lock))
            beside = vendor_code(rest, {zap, *self.helpers})
            moves = any(c.calls(self.function(f).inside(), zap) and re.search(
                r"\bdown_write\w*\(&[\w.>-]*\b%s\)" % self.gate, self.function(f).inside())
                        for f in c.functions(self.original) if f != zap)
            if beside and self.gate and moves and not LOG.match(beside[0]):
                self.tree.note("review", self.name, self.function(zap).line(),
                               "%s() does more than zap (%s): callers now hold %s when it runs" % (
                                   zap, beside[0], self.gate))

    def takes_lock(self, name, text=None):
        """Does a function, or a part of it, take the lock of the list?"""
        function = self.function(name)
        return any(path == self.lock and struct_tag(self.original, function.type_of(var)) in (self.owner, None)
                   for var, path in TAKES.findall(text or function.inside()))

    def without(self, name, regions, instead=""):
        """The source of a function, with something else where its loops were."""
        f = self.function(name)
        source = f.source()
        for number, (start, end) in reversed(list(enumerate(regions))):
            source = source[:start - f.start] + (instead if number == 0 else "") + source[end - f.start:]
        return source

    def find_space(self):
        m = re.search(r"\bstruct vfio_device\s+(\w+);", self.owner_body)
        self.vfio = m.group(1) if m else None
        m = re.search(r"\bstruct vfio_pci_core_device\s+(\w+);", self.owner_body)
        self.core = m.group(1) if m else None
        space = self.options.space
        self.member = self.is_device = None
        hidden = hides_devices(self.tree) and re.match(r"void \*", self.function(self.mmap).params[0])
        if space == "auto":
            if hidden:
                space = "inode"
            elif not self.vfio and not self.core:
                space = "file"
            elif has_device_inode(self.tree) or any(
                    self.tree.has("drivers/vfio/" + f) for f in ("vfio_main.c", "vfio.c")):
                space = "inode"
            elif self.owner == "vfio_pci_core_device" or self.core:
                space = "sdk"
            else:
                raise Unclear("no inode of vfio_device to be seen from here: say --as inode or --as sdk")
        if hidden and space == "inode":
            space = "unmap"
            m = re.search(r"\bstruct\s+(?:(\w+_)?device|pci_dev)\s*\*\s*(\w+);", self.owner_body)
            if not m:
                raise Unclear("struct %s holds no struct device by which vfio knows it" % self.owner)
            self.member, self.is_device = m.group(2), bool(re.match(r"struct\s+device\b", m.group()))
        elif space == "inode" and not self.vfio and not self.core:
            raise Unclear("struct %s holds no vfio_device, so has no inode of one: say --as file" % self.owner)
        self.space = space
        self.needs_inode = space in ("inode", "unmap") and self.tree.has("include/linux/vfio.h") and \
            not has_device_inode(self.tree)
        mmap = self.source(self.mmap)
        self.bars = "VFIO_PCI_ROM_REGION_INDEX" in mmap and len(re.findall(r"->vm_ops\s*=(?!=)", mmap)) == 1
        if not self.bars and re.search(r"->mmap\s*\(", mmap):
            self.tree.note("review", self.name, self.function(self.mmap).line(),
                           "%s() has other ways to map, and all mappings of the file are zapped now: do those fault "
                           "back in?" % self.mmap)

    def find_pfn(self):
        if not self.single:
            self.look_at_extent()
        self.prefix = re.sub(r"_?fault$", "", self.callback) or self.callback
        self.pfn = self.prefix + "_pfn"
        must_be_new(self.original, self.pfn)
        stores = [(f, e) for _, f, e in self.facts["pgoff"] if f == self.mmap]
        if stores:
            fn = self.function(self.mmap)
            piece = Slice(fn)
            value = piece.expression(stored_pfn(fn))
            private = re.search(r"->vm_private_data\s*=\s*(\w+);", fn.inside())
            if piece.device and (not private or private.group(1) != piece.device):
                raise Unclear("the pfn is computed from %s, which %s() does not keep in vm_private_data" % (
                    piece.device, self.mmap))
        elif self.single:
            self.pfn_code, self.stored = None, False
            return
        else:
            fn = self.function(self.fill)
            expr = c.calls(self.source(self.fill), self.fill_call)[0][2]
            caller = self.function(self.fault) if self.fill != self.fault else None
            piece = Slice(fn, caller)
            value = piece.expression(expr)
        self.stored = bool(stores)
        if self.single and (self.window or self.fill != self.fault):
            self.pfn_code = first_pfn_function(self.pfn, piece, value)
            if re.search(r"\bvmf->pgoff\b", self.source(self.fault) + self.source(self.fill)):
                raise Unclear("%s() inserts more than the page that faulted, and takes the pfn from vmf->pgoff: "
                              "unknown shape" % self.fill)
        else:
            self.pfn_code = pfn_function(self.pfn, piece, value)
        if self.stored:
            self.warn_of_split(self.name, self.function(self.mmap), "\n".join([value, *piece.lines]))
            fn = self.function(self.mmap)
            store = re.search(r"->vm_pgoff\s*\+?=(?!=)[^;]*;", fn.inside())
            for m in re.finditer(r"->vm_pgoff\b", fn.inside()):
                if m.start() > store.end():
                    self.pgoff_used(self.mmap, c.line_of(self.original, fn.body + m.start()), "vm_pgoff")

    def look_at_extent(self):
        """A fault that maps a part of the VMA must not become one that maps whatever is touched."""
        args = c.calls(self.source(self.fill), self.fill_call)[0]
        if len(args) < 5 or re.search(r"\baddress\b", args[1]):
            return
        part = part_of_vma(self.function(self.fill), args[1], args[3])
        if part and part not in self.function(self.fill).source().split("{")[0]:
            raise Unclear("%s() maps only a part of the VMA (%s): what may be mapped where a page faults?" % (
                self.fill, part), self.function(self.fill).line())

    def pgoff_used(self, function, line, what):
        self.tree.note("review", self.name, line, "%s() uses %s: it is the offset in the file now, not a pfn" % (
            function, what))

    # ---- what becomes of it

    def new_zap(self, zap):
        """The name of what a zap becomes, and whether the owner is all it must be told."""
        function = self.function(zap)
        device, regions = self.zaps[zap]
        rest = c.mask(self.without(zap, regions))[len(function.source()[:function.body - function.start]):]
        others = [re.search(r"(\w+)$", p).group(1) for p in function.params[1:]]
        alone = re.search(r"\b%s$" % device, function.params[0]) is not None and \
            not any(re.search(r"\b%s\b" % p, rest) for p in others)
        walk = zap
        if self.is_pointed_to(zap):
            return zap, False
        if not self.gate or not re.search(r"down_write\w*\(&\w+->[\w.]*\b%s\)" % self.gate, rest):
            walk = re.sub(r"_and_\w*lock$", "", zap)
        if walk != zap:
            walk += "_mappings"
            must_be_new(self.original, walk)
        return walk, alone

    def keep_attributes(self, zap):
        """Coccinelle 1.3 drops some of a function whose type it matches."""
        text, old = self.text(self.name), self.source(zap).split("(")[0]
        if zap in c.functions(text) and re.match(VOID, old) and old.endswith(zap):
            start = Function(text, zap).start
            self.replace(self.name, text[:start] + old + text[text.index("(", start):])

    def replace_walks(self):
        """What the scripts take for the walk of a list: unmap_list_of(OWNER)."""
        text = self.original
        for zap in sorted(self.zaps, key=lambda z: -self.function(z).start):
            device, regions = self.zaps[zap]
            function = self.function(zap)
            source = self.without(zap, regions, "unmap_list_of(%s);" % device)
            for label in re.findall(r"^[ \t]*(\w+):[ \t]*$", source, re.M):
                if re.search(r"\bgoto %s;" % label, function.source()) and "goto %s;" % label not in source:
                    source = re.sub(r"\n[ \t]*%s:[ \t]*(?=\n)" % label, "", source)
            text = text[:function.start] + source + text[function.end:]
        self.replace(self.name, text)

    def defines(self):
        missing = "VM_PFNMAP" not in self.source(self.mmap)
        flags_set = has_flags_set(self.tree, self.original)
        return {
            "patch": True, "owner": self.owner, "entry": self.entry, "vma": self.vma, "link": self.link,
            "add": self.add, "fault": self.fault, "mmap": self.mmap, "ops": self.table,
            "vmopen": self.drop.get("open"), "vmclose": self.drop.get("close"),
            "keptopen": self.ops.get("open") if "open" in self.drop else None, "gate": self.gate, "pfn": self.pfn,
            "vfio": self.vfio, "core": self.core, "in_core": self.core is not None, "as_" + self.space: True,
            "member": self.member, "is_device": self.is_device,
            "late": self.space == "inode" and inode_comes_late(self.tree),
            "bars": self.bars, "single": self.single and self.stored and not self.of_vma(),
            "fill": None if self.single and (self.of_vma() or not self.stored) else
                    self.whole or self.fill_call,
            "flags": missing and not flags_set, "flags_set": missing and flags_set}

    def of_vma(self):
        """Is the pfn asked for that of the first page of a VMA?"""
        return self.pfn_code is not None and "%s(struct vm_area_struct *vma)" % self.pfn in self.pfn_code

    def compute_first_pfn(self):
        """Handlers that insert what they want keep doing so, from a pfn that is not in the VMA any more."""
        for f in dict.fromkeys((self.fault, self.fill)):
            source = self.source_of_new(f)
            self.replace(self.name, self.text(self.name).replace(
                source, re.sub(r"\b(\w+(?:->vma)?)->vm_pgoff\b", r"%s(\1)" % self.pfn, source)))

    def drop_empty_else(self):
        """What remembered a VMA when all went well. Coccinelle cannot name an else without its statement."""
        source = self.source_of_new(self.fault)
        new = re.sub(r"\s*else\s*\{\s*\}", "", source)
        if new != source:
            new = re.sub(r"\n[ \t]*if \(\w+ & VM_FAULT_ERROR\)\s*\{\s*\}", "", new)
            self.replace(self.name, self.text(self.name).replace(source, new))

    def change(self):
        head, lock, define = self.head, self.lock, self.defines()
        files = list(dict.fromkeys([self.name, *self.files_of_owner, self.entry_file, *self.other_users()]))
        new_names = {zap: self.new_zap(zap) for zap in self.zaps}
        self.replace_walks()
        wrappers = [] if self.keep_lock else self.wrappers()
        for wrapper in wrappers:
            self.replace(wrapper.where, self.text(wrapper.where).replace(wrapper.definition, ""))
        files += [w.where for w in wrappers if w.where not in files]
        nested = "." in head or "." in lock
        special = {word for word in (head.split(".")[-1], lock.split(".")[-1]) if not self.is_generic(word, files)}
        if nested or len(special) < 2:
            outer = head.rsplit(".", 1)[0] if "." in head else None
            if nested and (not outer or "." in outer or lock.rsplit(".", 1)[0] != outer):
                raise Unclear("the list (%s) and its lock (%s) are not side by side" % (head, lock))
            last = [x.split(".")[-1] for x in (head, lock)]
            flat = ["%s__%s" % (self.owner, x) for x in last]
            for f in files:
                self.run("vma_list_flatten", f, dict(define, nested=nested, outer=outer, head=last[0], flathead=flat[0],
                                                     lock=None if self.keep_lock else last[1], flatlock=flat[1]))
            head, lock = flat[0], self.lock if self.keep_lock else flat[1]
        define.update(head=head, lock=lock if "." not in lock else None)
        for zap, (walk, alone) in new_names.items():
            takes = any(self.takes_lock(zap, self.original[a:b]) for a, b in self.zaps[zap][1])
            for f in files:
                more = dict(define, zap=zap, walk=walk, alone=alone, relock=self.keep_lock and takes and not self.gate,
                            callback=self.is_pointed_to(zap),
                            zero=self.never_fails(zap) and not self.is_pointed_to(zap))
                self.run("vma_list_zap", f, more)
                self.keep_attributes(zap)
                self.change_callers(f, more)
        for lookup in self.lookups or [None]:
            self.run("vma_list_fault", self.name, dict(define, lookup=lookup))
        self.drop_empty_else()
        self.run("vma_list_fault", self.name, dict(define, fault=self.mmap))
        self.run("vma_list_mmap", self.name, define)
        if self.fill_call.startswith("io_"):
            self.decrypt(self.name, self.mmap, self.table)
        self.refuse_private(self.name, self.mmap, self.table)
        if not self.single:
            self.warn_of_wc(self.name, self.function(self.mmap))
        if self.keep_lock and self.gate:
            for f in self.mine:
                self.run("vma_list_unlock", self.name, dict(define, within=new_names.get(f, [f])[0]))
        for f in files:
            self.run("vma_list_fields", f, dict(define, lock=None if self.keep_lock else lock))
        for f in self.helpers + self.lookups + ([self.whole] if self.whole else []):
            self.run("vma_list_fields", self.name, {"patch": True, "add": f})
        if self.of_vma():
            self.compute_first_pfn()
        if self.pfn_code:
            self.insert_before(self.name, self.fill if self.single else self.fault, self.pfn_code)
        line = self.function(self.fault).line()
        if self.options.huge and self.callback != self.fault:
            self.tree.note("review", self.name, line, "%s() is called by %s(): no huge fault handler was made of them" %
                           (self.fault, self.callback))
        elif self.options.huge and self.window:
            self.tree.note("review", self.name, line, "%s() inserts several pages at once: no huge fault handler was "
                           "made of it" % self.fill)
        elif wants_huge(self.tree, self.options.huge, self.name, line):
            make_huge(self, self.name, self.fault, self.prefix, self.pfn)
        self.replace(self.name, c.reword_flags(self.text(self.name), self.mmap))
        names = {head, self.entry} | {word for word in special if word == self.head.split(".")[-1]}
        names |= set(self.typedefs())
        names |= {f for f in (self.add, self.drop.get("open"), self.drop.get("close"), *self.helpers,
                               *self.lookups) if f}
        names |= {zap for zap, (walk, _) in new_names.items() if walk != zap}
        names |= {wrapper.name for wrapper in wrappers}
        if not self.keep_lock:
            names |= {lock} | {word for word in special if word == self.lock.split(".")[-1]}
        for zap, (walk, _) in new_names.items():
            self.declare(files, zap, walk)
            self.drop_promise(zap, walk)
            source = self.source_of_new(walk)
            self.replace(self.name, self.text(self.name).replace(source, re.sub(r"\n*\n\treturn;\n}$", "\n}", source)))
        self.finish(names)
        self.verify(names, [walk for walk, _ in new_names.values()])

    def wrappers(self):
        """Macros and functions that only wrap the lock."""
        return [w for w in self.tree.wrapped.get(os.path.dirname(self.name), ()) if w.lock == self.lock]

    def is_pointed_to(self, zap):
        """Is the zap a callback, whose type must stay?"""
        return any(re.search(r"(?<![\w.>])%s\b(?!\s*\()" % zap, c.mask(self.tree.read(name)))
                   for name in dict.fromkeys([self.name, *self.other_users()]))

    def never_fails(self, zap):
        """Is 0 all that a zap ever returned?"""
        return set(re.findall(r"\breturn\b\s*([^;]*);", self.function(zap).inside())) == {"0"}

    def change_callers(self, name, define):
        """A zap on one of several ways to the lock stays where it is, and look_for_late_locks() tells of it."""
        try:
            self.run("vma_list_callers", name, define)
        except Unclear as why:
            if "inconsistent control-flow paths" not in str(why):
                raise
            self.run("vma_list_callers", name, dict(define, still=True))

    def declare(self, files, zap, walk):
        """Prototypes say what the definition says."""
        head = re.match(r"(?:static )?(.*?)\s*\{", self.source_of_new(walk), re.S).group(1)
        for name in files:
            prototype = r"^((?:extern |static )?)[A-Za-z_][\w \t*]*\b(?:%s|%s)\([^;{}()]*\);" % (zap, walk)
            self.replace(name, re.sub(prototype, lambda m: m.group(1) + " ".join(head.split()) + ";",
                                      self.text(name), flags=re.M))

    def drop_promise(self, zap, walk):
        """A comment that says what a zap returns, or what a parameter does that it has no more."""
        text = self.text(self.name)
        function = Function(text, walk)
        gone = {re.search(r"(\w+)$", p).group(1) for p in self.function(zap).params} - \
            {re.search(r"(\w+)$", p).group(1) for p in function.params}
        comment = re.search(r"/\*(?:(?!\*/).)*\*/\n$", text[:function.start], re.S)
        word = comment and re.search(r"\b(%s)\b" % "|".join(["[Rr]eturns?", *gone]), comment.group())
        if word and not re.match(VOID, self.source(zap)):
            about = "what %s() returned" % zap if "eturn" in word.group() else word.group()
            self.tree.note("changed", self.name, self.line_in_original(self.name, text, comment.start()),
                           "removed a comment about %s" % about)
            self.replace(self.name, text[:comment.start()] + text[function.start:])

    def is_generic(self, word, files):
        """Can the name alone not tell it from others?"""
        member = r"^[ \t]+(?:struct|spinlock_t)\b[^;{}()=]*\b%s;" % word
        return GENERIC.match(word) or sum(len(re.findall(member, c.mask(self.tree.read(f)), re.M)) for f in files) > 1

    def source_of_new(self, name):
        return Function(self.text(self.name), name).source()

    def other_users(self):
        """Files beside this one that may touch the list, its lock, or zap."""
        where = os.path.dirname(self.name) or "."
        if os.path.basename(where) == "pci":
            where = os.path.dirname(where) or "."
        words = [word for word in (self.head, self.lock) if word and not GENERIC.match(word)]
        found = self.tree.grep(r"\b(%s)\b" % "|".join([*map(re.escape, words), *self.zaps]), where)
        return [f for f in found if re.search(r"\bstruct %s\b" % self.owner, self.tree.read(f))]

    def verify(self, names, walks):
        """Never half: nothing of the old model may be left."""
        for name, text in self.files.items():
            masked = c.mask(text)
            for word in names:
                m = re.search(r"\b%s\b" % word, masked)
                if m:
                    raise Unclear("%s:%d: %s is still used after all scripts: unknown shape" % (
                        name, self.line_in_original(name, text, m.start(), word), self.unflat(word)))
            for m in re.finditer(r"([^\s])\s*\b(%s)\s*\(" % "|".join(walks), masked):
                if m.group(1) in "=(!&|?<>+-," and not self.is_pointed_to(m.group(2)):
                    raise Unclear("%s:%d: what %s() returns is used: unknown shape" % (
                        name, self.line_in_original(name, text, m.start(2)), m.group(2)))
            self.look_for_late_locks(name, text, walks)
            self.look_for_entries(name, text)
            self.look_for_empty(name, text)
        self.look_for_locks()
        new = self.text(self.name)
        if re.search(r"->vm_pgoff\s*([-+|&^]|<<|>>)?=(?!=)", c.mask(new)):
            raise Unclear("vm_pgoff is written somewhere else, too: it must stay the offset in the file")
        fault = "\n".join(Function(new, f).source() for f in c.functions(new)
                          if f == self.fault or f.startswith(self.prefix))
        if self.single:
            fault += Function(new, self.fill).source()
        if not re.search(r"\bvmf_insert_pfn\s*\(", fault) or re.search(REMAP, fault):
            raise Unclear("%s() could not be made to insert a page: unknown shape" % self.fault)
        for f in c.functions(new):
            m = re.search(r"->vm_pgoff\b|\bvmf->pgoff\b", Function(new, f).inside())
            if self.stored and m and f not in (self.mmap, self.pfn):
                self.pgoff_used(f, self.line_in_original(self.name, new, Function(new, f).body + m.start()),
                                m.group().replace("->vm", "vm"))
        self.look_for_flags(new)
        for walk in walks:
            source = Function(new, walk).source()
            if not re.match(VOID, source) and not re.search(r"\breturn\b", source):
                raise Unclear("%s() is a callback whose result was decided in the walk: what should it be?" % walk)
            if not re.search(r"\b(unmap_mapping_range|vfio_device_unmap)\(", Function(new, walk).source()):
                raise Unclear("%s() could not be changed: unknown shape" % walk)
        if self.space == "file" and "->f_mapping" not in new:
            raise Unclear("no function that opens the file stores struct %s in private_data: where to keep the "
                          "mapping?" % self.owner)
        if self.space == "file":
            self.tree.note("review", self.name, self.line,
                           "mappings are found through the inode that was opened: is there one node for each device, "
                           "and no zap after its last close?")

    def look_for_empty(self, name, text):
        """A branch of which nothing is left."""
        before = self.tree.read(name)
        for f in set(c.functions(text)) & set(c.functions(before)):
            empty = r"(?:\)|\belse)\s*\{\s*\}"
            m = re.search(empty, Function(text, f).inside())
            if m and not re.search(empty, Function(before, f).inside()):
                raise Unclear("%s:%d: a branch of %s() has nothing left to do: unknown shape" % (
                    name, Function(before, f).line(), f))

    def look_for_locks(self):
        """More places that take the lock that gates faults than there were, as after a reset of several devices whose
        second pass was not recognised: it would wait for itself."""
        if not self.gate:
            return
        takes = re.compile(r"\bdown_write\w*\s*\(&[\w.>\[\]-]*\b%s\)" % self.gate)
        grown, total = None, 0
        for name, text in self.files.items():
            before = self.tree.read(name)
            total += len(takes.findall(c.mask(text))) - len(takes.findall(c.mask(before)))
            for f in set(c.functions(text)) & set(c.functions(before)):
                if len(takes.findall(Function(text, f).inside())) > len(takes.findall(Function(before, f).inside())):
                    grown = "%s:%d: %s()" % (name, Function(before, f).line(), f)
        if total > 0:
            raise Unclear("%s takes %s, but who took it for this device before still does: unknown shape" % (
                grown or self.name, self.gate))

    def look_for_entries(self, name, text):
        """An entry that is used, but is not there any more."""
        before = self.tree.read(name)
        kind = r"\b(?:struct\s+%s|%s)\s+\*" % (self.entry, "|".join(self.typedefs() or [self.entry]))
        for f in set(c.functions(text)) & set(c.functions(before)):
            inside = c.Function(before, f).inside()
            for declared in re.findall(kind + r"([^;]*);", inside):
                for part in c.split(declared):
                    entry = re.match(r"\**(\w+)", part).group(1)
                    m = re.search(r"\b%s\b" % entry, Function(text, f).inside())
                    if m and not c.declared(Function(text, f), entry):
                        raise Unclear("%s:%d: %s of %s() is still used after all scripts: unknown shape" % (
                            name, self.line_in_original(name, text, Function(text, f).body + m.start()), entry, f))

    def typedefs(self):
        """Other names of the struct of an entry."""
        return re.findall(r"\btypedef\s+struct\s+%s\s*\{[^}]*\}\s*(\w+);" % self.entry,
                          self.tree.read(self.entry_file))

    def look_for_flags(self, new):
        """A local that told whether the VMA was in the list, and has one value now."""
        before = self.function(self.fault).inside()
        for f in c.functions(new):
            if f != self.fault and not f.startswith(self.prefix):
                continue
            inside = Function(new, f).inside()
            for var in re.findall(r"\bbool (\w+) = (?:false|true);", inside):
                stores = r"\b%s = " % var
                if len(re.findall(stores, before)) > 1 == len(re.findall(stores, inside)):
                    self.tree.note("review", self.name, self.function(self.fault).line(),
                                   "%s of %s() has one value only now: simplify" % (var, self.fault))

    def look_for_late_locks(self, name, text, walks):
        """A zap before the lock that gates faults, in a function that takes it: pages may come back in between."""
        if not self.gate:
            return
        takes = re.compile(r"\bdown_write\w*\s*\(&[\w.>\[\]-]*\b%s\)" % self.gate)
        for f in c.functions(text):
            inside = Function(text, f).inside()
            for m in re.finditer(r"\b(%s)\s*\(" % "|".join(walks), inside):
                if not takes.search(inside[:m.start()]) and takes.search(inside[m.end():]):
                    self.tree.note("review", name, self.line_in_original(name, text, Function(text, f).start),
                                   "%s() zaps before it takes %s: a page may be faulted in between" % (f, self.gate))

    def unflat(self, word):
        """The name that vma_list_flatten made another of."""
        return word[len(self.owner) + 2:] if word.startswith(self.owner + "__") else word

    def line_in_original(self, name, text, offset, word=None):
        line = text[text.rfind("\n", 0, offset) + 1:text.find("\n", offset)]
        if word:
            line = line.replace(word, self.unflat(word))
        at = self.tree.read(name).find(line)
        return c.line_of(self.tree.read(name), at) if at >= 0 else 0


