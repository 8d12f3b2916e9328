# SPDX-License-Identifier: GPL-2.0-only
"""From a shape to the new model: runs of cocci/migrate/*.cocci on the names that were found, and what SmPL cannot
say."""

import re
from dataclasses import dataclass
from typing import Dict, List, Set, Tuple

from migrate import ctext as c
from migrate import tidy
from migrate.accessors import use_accessors
from migrate.change import Change, area
from migrate.ctext import Function, last_word
from migrate.findings import CHANGED, REVIEW, Unclear
from migrate.judge import Verdict
from migrate.pfn import has_flags_set, make_huge, must_be_new
from migrate.shape import GENERIC, Shape
from migrate.tree import Define

PATH = "the_lock_of_the_list"
VOID = re.compile(r"(?:(?:static|extern|inline|noinline|__\w+)\s+)*void\s+(?:__\w+\s+)*\w")


@dataclass(frozen=True)
class NewZap:
    """What a zap becomes."""

    walk: str       # its name
    alone: bool     # the owner is all it must be told


class ListChange(Change):
    """Leaves the list."""

    def __init__(self, shape: Shape, verdict: Verdict, huge: bool) -> None:
        super().__init__(shape.tree, shape.name)
        self.shape, self.verdict, self.huge = shape, verdict, huge
        self.findings += verdict.findings
        self.needs_inode = shape.space.needs_inode
        self.line = shape.list.line
        self.zapper = "vfio_pci_core_zap_range()" if shape.space.kind == "sdk" else "unmap_mapping_range()"
        self.subject = "%s: zap mappings by %s" % (area(shape.name), self.zapper)
        self.message = self.tell()
        self.new_zaps = {zap: self.new_zap(zap) for zap in shape.list.zaps}
        self.gone: Set[str] = set()

    def tell(self) -> str:
        """Why, and what happens to what."""
        shape = self.shape
        paragraphs = ["""Zapping VMA by VMA needs a list of them, a lock for the list, and mmap_lock before it, in an
order that every fault, zap and reset has to keep. All mappings of a device belong to one address space, in which
%s finds them without that.""" % self.zapper]
        lock = "Remove the list and its lock." if not self.verdict.keep_lock else \
            "Remove the list. Its lock stays, because %s." % (
                "others need it as well" if shape.locks.gate else "it also makes a zap wait for faults")
        fault = pgoff = shared = ""
        if not shape.handlers.single:
            fault = """ A fault inserts the page that faulted instead of filling the VMA, so there is no VMA to
remember."""
        if shape.pfn.stored:
            pgoff = " vm_pgoff stays the offset in the file, by which %s looks, and the pfn is computed from it when " \
                "a page faults." % self.zapper
        if not re.search(r"\bVM_(MAY)?SHARE", shape.src.source(shape.handlers.mmap)):
            shared = " Private mappings are refused: vmf_insert_pfn() must not be called for one that may be written."
        return "\n\n".join(paragraphs + [lock + fault + pgoff + shared])

    def new_zap(self, zap: str) -> NewZap:
        src, gate = self.shape.src, self.shape.locks.gate
        function, found = src.function(zap), self.shape.list.zaps[zap]
        rest = c.mask(src.without(zap, found.regions))[function.body - function.start:]
        others = [last_word(p) for p in function.params[1:]]
        alone = re.search(r"\b%s$" % found.device, function.params[0]) is not None and \
            not any(re.search(r"\b%s\b" % p, rest) for p in others)
        if self.shape.is_pointed_to(zap) or self.shape.keeps_result(zap):
            return NewZap(zap, False)
        walk = zap
        if not gate or not re.search(r"down_write\w*\(&\w+->[\w.]*\b%s\)" % gate, rest):
            walk = re.sub(r"_(and_\w*)?lock$", "", zap)
        if walk != zap:
            walk += "_mappings"
            must_be_new(src.text, walk)
        return NewZap(walk, alone)

    # ---- the names that the scripts are told

    def defines(self) -> Dict[str, Define]:
        shape, lst, handlers, space = self.shape, self.shape.list, self.shape.handlers, self.shape.space
        drop = self.verdict.drop
        missing = "VM_PFNMAP" not in shape.src.source(handlers.mmap)
        flags_set = has_flags_set(shape.tree, shape.src.text)
        one_page = handlers.single and (shape.pfn.of_vma() or not shape.pfn.stored)
        return {
            "patch": True, "owner": lst.owner, "holder": lst.holder, "entry": lst.entry, "vma": lst.vma,
            "link": lst.link, "named": lst.holder != lst.owner, "outer": lst.head.split(".")[0],
            "add": handlers.add, "fault": handlers.fault, "mmap": handlers.mmap,
            "ops": handlers.table, "vmopen": drop.get("open"), "vmclose": drop.get("close"),
            "keptopen": handlers.ops.get("open") if "open" in drop else None, "gate": shape.locks.gate,
            "pfn": shape.pfn.name, "vfio": space.vfio, "core": space.core, "in_core": space.core is not None,
            "as_" + space.kind: True, "member": space.member, "is_device": space.is_device,
            "is_mdev": space.is_mdev, "late": space.late,
            "bars": space.bars, "single": handlers.single and shape.pfn.stored and not shape.pfn.of_vma(),
            "fill": None if one_page else handlers.whole or handlers.fill_call,
            "flags": missing and not flags_set, "flags_set": missing and flags_set}

    def name_list(self, files: List[str], define: Dict[str, Define]) -> Tuple[str, str]:
        """The list and its lock get names of their own, where they cannot be told from others by name."""
        lst, keep = self.shape.list, self.verdict.keep_lock
        head, lock = lst.head, self.shape.locks.lock
        nested = "." in head or "." in lock
        self.special = {word for word in (last_word(head), last_word(lock)) if not self.is_generic(word, files)}
        if lst.holder != lst.owner and len(self.special) == 2 and lock.rsplit(".", 1)[0] == head.rsplit(".", 1)[0]:
            return last_word(head), lock if keep else last_word(lock)
        if not nested and len(self.special) == 2:
            return head, lock
        outer = head.rsplit(".", 1)[0] if "." in head else None
        if nested and (not outer or "." in outer or lock.rsplit(".", 1)[0] != outer):
            raise Unclear("list", "the list (%s) and its lock (%s) are not side by side" % (head, lock))
        last = [last_word(x) for x in (head, lock)]
        flat = ["%s__%s" % (lst.owner, x) for x in last]
        for f in files:
            self.run("vma_list_flatten", f, dict(
                define, nested=nested and lst.holder == lst.owner, outer=outer, head=last[0], flathead=flat[0],
                lock=None if keep else last[1], flatlock=flat[1]))
        return flat[0], lock if keep else flat[1]

    def is_generic(self, word: str, files: List[str]) -> bool:
        """Can the name alone not tell it from others?"""
        member = r"^[ \t]+(?:struct|spinlock_t)\b[^;{}()=]*\b%s;" % word
        return GENERIC.match(word) is not None or \
            sum(len(re.findall(member, c.mask(self.tree.read(f)), re.M)) for f in files) > 1

    # ---- the change

    def make(self) -> None:
        shape, lst, keep = self.shape, self.shape.list, self.verdict.keep_lock
        define = self.defines()
        files = list(dict.fromkeys([self.name, lst.owner_file, lst.entry_file, lst.holder_file, *shape.users]))
        self.replace_walks()
        wrappers = [] if keep else [w for w in self.tree.wrapped.get(area_dir(self.name), ())
                                    if w.lock == shape.locks.lock]
        for wrapper in wrappers:
            self.replace(wrapper.where, self.text(wrapper.where).replace(wrapper.definition, ""))
        files += [w.where for w in wrappers if w.where not in files]
        head, lock = self.name_list(files, define)
        define.update(head=head, lock=lock if "." not in lock else None)
        self.change_zaps(files, define)
        self.change_fault(define)
        if keep and shape.locks.gate:
            for f in sorted(shape.locks.mine):
                within = self.new_zaps[f].walk if f in self.new_zaps else f
                self.run("vma_list_unlock", self.name, dict(define, within=within))
        for f in files:
            self.run("vma_list_fields", f, dict(define, lock=None if keep else lock))
        for helper in [*lst.helpers, *shape.handlers.lookups, *filter(None, [shape.handlers.whole])]:
            self.run("vma_list_fields", self.name, {"patch": True, "add": helper})
        self.drop_empty_holder()
        self.write_pfn()
        self.write_huge()
        self.reword_flags()
        self.gone = self.names(head, lock, [w.name for w in wrappers])
        for zap, new in self.new_zaps.items():
            self.declare(files, zap, new.walk)
            self.drop_promise(zap, new.walk)
            source = self.source_of_new(new.walk)
            self.replace(self.name, self.text(self.name).replace(source, re.sub(r"\n*\n\treturn;\n}$", "\n}", source)))
        if shape.space.kind == "sdk":
            mmap = shape.handlers.mmap
            use_accessors(self, self.name, mmap, shape.src.function(mmap).line(), shape.handlers.table, lst.owner,
                          shape.space.core)
        self.finish(self.gone)

    def source_of_new(self, name: str) -> str:
        return Function(self.text(self.name), name).source()

    def replace_walks(self) -> None:
        """What the scripts take for the walk of a list: unmap_list_of(OWNER)."""
        src = self.shape.src
        text = src.text
        for zap, found in sorted(self.shape.list.zaps.items(), key=lambda item: -src.function(item[0]).start):
            function = src.function(zap)
            source = src.without(zap, found.regions, "unmap_list_of(%s);%s" % (
                found.device, "\n\n\treturn 0;" if self.shape.keeps_result(zap) else ""))
            for label in re.findall(r"^[ \t]*(\w+):[ \t]*$", source, re.M):
                if re.search(r"\bgoto %s;" % label, function.source()) and "goto %s;" % label not in source:
                    source = re.sub(r"\n[ \t]*%s:[ \t]*(?=\n)" % label, "", source)
            text = text[:function.start] + source + text[function.end:]
        self.replace(self.name, text)

    def change_zaps(self, files: List[str], define: Dict[str, Define]) -> None:
        shape = self.shape
        for zap, new in self.new_zaps.items():
            takes = any(shape.takes_lock(zap, shape.src.text[a:b]) for a, b in shape.list.zaps[zap].regions)
            pointed = shape.is_pointed_to(zap) or shape.keeps_result(zap)
            for f in files:
                # SmPL has no name for a path.
                more = dict(define, lock=define["lock"] or PATH, zap=zap, walk=new.walk, alone=new.alone,
                            callback=pointed, relock=self.verdict.keep_lock and takes and not shape.locks.gate,
                            zero=self.returns(zap) == {"0"} and not pointed,
                            truth=self.returns(zap) <= {"0", "1", "false", "true"}, errno=shape.keeps_result(zap))
                self.run("vma_list_zap", f, more)
                self.replace(f, self.text(f).replace("->" + PATH, "->" + shape.locks.lock))
                self.keep_attributes(zap)
                self.change_callers(f, more)

    def returns(self, zap: str) -> Set[str]:
        """All that a zap ever returned."""
        return set(re.findall(r"\breturn\b\s*([^;]*);", self.shape.src.inside(zap)))

    def keep_attributes(self, zap: str) -> None:
        """Coccinelle 1.3 drops some of a function whose type it matches."""
        text, old = self.text(self.name), self.shape.src.source(zap).split("(")[0]
        if zap in c.functions(text) and VOID.match(old) and old.endswith(zap):
            start = Function(text, zap).start
            self.replace(self.name, text[:start] + old + text[text.index("(", start):])

    def change_callers(self, name: str, define: Dict[str, Define]) -> None:
        """A zap on one of several ways to the lock stays where it is, and verify() tells of it."""
        try:
            self.run("vma_list_callers", name, define)
        except Unclear as why:
            if why.reason not in ("shape", "dead-code"):
                raise
            self.run("vma_list_callers", name, dict(define, still=True))

    def change_fault(self, define: Dict[str, Define]) -> None:
        handlers = self.shape.handlers
        for lookup in handlers.lookups or (None,):
            self.run("vma_list_fault", self.name, dict(define, lookup=lookup))
        self.drop_empty_else()
        self.run("vma_list_fault", self.name, dict(define, fault=handlers.mmap))
        self.run("vma_list_mmap", self.name, define)
        if handlers.fill_call.startswith("io_"):
            self.decrypt(self.name, handlers.mmap, handlers.table)
        self.refuse_private(self.name, handlers.mmap, handlers.table)
        if not handlers.single:
            self.warn_of_wc(self.shape.src.function(handlers.mmap))

    def drop_empty_else(self) -> None:
        """What remembered a VMA when all went well. Coccinelle cannot name an else without its statement."""
        source = self.source_of_new(self.shape.handlers.fault)
        new = re.sub(r"\s*else\s*\{\s*\}", "", source)
        if new != source:
            new = re.sub(r"\n[ \t]*if \(!?\w+(?: (?:&|==|!=) \w+)?\)\s*\{\s*\}", "", new)
            self.replace(self.name, self.text(self.name).replace(source, new))

    def drop_empty_holder(self) -> None:
        """A struct that held nothing but the list and its lock."""
        lst = self.shape.list
        if lst.holder == lst.owner:
            return
        body = c.struct_body(self.text(lst.holder_file), lst.holder)
        if body is not None and not body.strip():
            empty = r"struct %s \{\s*\};\n\n?" % lst.holder
            self.replace(lst.holder_file, re.sub(empty, "", self.text(lst.holder_file)))
            self.replace(lst.owner_file, re.sub(r"\n[ \t]*struct %s\s+%s;" % (lst.holder, lst.head.split(".")[0]), "",
                                                self.text(lst.owner_file)))

    def write_pfn(self) -> None:
        shape, handlers, pfn = self.shape, self.shape.handlers, self.shape.pfn
        if pfn.inline:
            text, fault = self.text(self.name), self.source_of_new(handlers.fault)
            self.replace(self.name, text.replace(fault, inline(fault, "%s(vmf)" % pfn.name, pfn.inline)))
        if not pfn.code:
            return
        if pfn.stored:
            self.warn_of_split(shape.src.function(handlers.mmap), pfn.code)
        if pfn.of_vma():
            # Handlers that insert what they want keep doing so, from a pfn that is not in the VMA any more.
            for f in dict.fromkeys((handlers.fault, handlers.fill)):
                source = self.source_of_new(f)
                self.replace(self.name, self.text(self.name).replace(
                    source, re.sub(r"\b(\w+(?:->vma)?)->vm_pgoff\b", r"%s(\1)" % pfn.name, source)))
        self.insert_before(self.name, handlers.fill if handlers.single else handlers.fault, pfn.code)

    def write_huge(self) -> None:
        handlers = self.shape.handlers
        line = self.shape.src.function(handlers.fault).line()
        if self.huge and handlers.callback != handlers.fault:
            self.say(REVIEW, line, "huge", "%s() is called by %s(): no huge fault handler was made of them" % (
                handlers.fault, handlers.callback))
        elif self.huge and (handlers.window or self.shape.pfn.inline):
            self.say(REVIEW, line, "huge", "%s() %s: no huge fault handler was made of it" % (
                handlers.fill, "inserts several pages at once" if handlers.window else "computes the pfn by itself"))
        elif self.wants_huge(self.huge, line):
            make_huge(self, self.name, handlers.fault, handlers.prefix, self.shape.pfn.name)

    def reword_flags(self) -> None:
        text = self.text(self.name)
        new, old = tidy.reword_flags(text, self.shape.handlers.mmap)
        if old:
            self.replace(self.name, new)
            at = self.shape.src.text.find(old)
            self.say(CHANGED, c.line_of(self.shape.src.text, at) if at >= 0 else 0, "changed",
                     "changed a comment about remap_pfn_range() and vm_flags")

    def names(self, head: str, lock: str, wrappers: List[str]) -> Set[str]:
        """What there must be no more."""
        shape, lst, handlers = self.shape, self.shape.list, self.shape.handlers
        gone = {head, lst.entry} | {word for word in self.special if word == last_word(lst.head)}
        gone |= {*shape.typedefs(), *lst.helpers, *handlers.lookups, *wrappers}
        gone |= {f for f in (handlers.add, *self.verdict.drop.values()) if f}
        gone |= {zap for zap, new in self.new_zaps.items() if new.walk != zap}
        if not self.verdict.keep_lock:
            gone |= {lock} | {word for word in self.special if word == last_word(shape.locks.lock)}
        return gone

    def declare(self, files: List[str], zap: str, walk: str) -> None:
        """Prototypes say what the definition says."""
        m = re.match(r"(?:static )?(.*?)\s*\{", self.source_of_new(walk), re.S)
        assert m
        head = " ".join(m.group(1).split())
        for name in files:
            prototype = r"^((?:extern |static )?)[A-Za-z_][\w \t*]*\b(?:%s|%s)\([^;{}()]*\);" % (zap, walk)
            self.replace(name, re.sub(prototype, lambda found: "%s%s;" % (found.group(1), head), self.text(name),
                                      flags=re.M))

    def drop_promise(self, zap: str, walk: str) -> None:
        """A comment that says what a zap returns, or what a parameter does that it has no more."""
        text = self.text(self.name)
        function = Function(text, walk)
        gone = {last_word(p) for p in self.shape.src.function(zap).params} - {last_word(p) for p in function.params}
        comment = re.search(r"/\*(?:(?!\*/).)*\*/\n$", text[:function.start], re.S)
        word = comment and re.search(r"\b(%s)\b" % "|".join(["[Rr]eturns?", *gone]), comment.group())
        if comment and word and not VOID.match(self.shape.src.source(zap)):
            about = "what %s() returned" % zap if "eturn" in word.group() else word.group()
            at = self.tree.read(self.name).find(comment.group())
            self.say(CHANGED, c.line_of(self.tree.read(self.name), at) if at >= 0 else 0, "changed",
                     "removed a comment about %s" % about)
            self.replace(self.name, text[:comment.start()] + text[function.start:])

    def unflat(self, word: str) -> str:
        """The name that vma_list_flatten made another of."""
        prefix = self.shape.list.owner + "__"
        return word[len(prefix):] if word.startswith(prefix) else word

    def line_in_original(self, name: str, text: str, offset: int, word: str = "") -> int:
        line = text[text.rfind("\n", 0, offset) + 1:text.find("\n", offset)]
        if word:
            line = line.replace(word, self.unflat(word))
        at = self.tree.read(name).find(line)
        return c.line_of(self.tree.read(name), at) if at >= 0 else 0


def area_dir(name: str) -> str:
    return name.rpartition("/")[0]


def inline(source: str, call: str, expr: str) -> str:
    """An expression instead of a call, on lines of at most 80 columns."""
    def one(m: "re.Match[str]") -> str:
        line = m.group().replace(call, expr)
        if len(line.expandtabs(8)) <= 80:
            return line
        at = line.index("(vma") + 1 if "(vma" in line else line.index("(", line.index("vmf_insert_pfn")) + 1
        column = len(line[:at].expandtabs(8))
        return line.replace(", " + expr, ",\n%s%s" % ("\t" * (column // 8) + " " * (column % 8), expr))
    return re.sub(r"^[^\n]*%s[^\n]*$" % re.escape(call), one, source, flags=re.M)
