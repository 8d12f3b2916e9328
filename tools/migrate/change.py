# SPDX-License-Identifier: GPL-2.0-only
"""A change: one patch, made of runs of cocci/migrate/*.cocci on names that were found by shape. It succeeds
completely or raises Unclear."""

import os
import re
from typing import Dict, Iterable, List, Mapping, Optional

from migrate import ctext as c
from migrate import tidy
from migrate.ctext import Function
from migrate.findings import CHANGED, NOTE, REVIEW, Finding, Unclear
from migrate.tree import Define, Tree

REMAP = r"\b(io_)?remap_pfn_range\s*\("


def area(name: str) -> str:
    where = re.sub(r"^drivers/", "", os.path.dirname(name))
    return where or os.path.splitext(os.path.basename(name))[0]


class Change:
    """The new contents of files, and what there is to say about them."""

    subject = message = ""

    def __init__(self, tree: Tree, name: str = "") -> None:
        self.tree, self.name = tree, name
        self.files: Dict[str, str] = {}
        self.old: Dict[str, str] = {}       # what the files were, as soon as the change is committed
        self.findings: List[Finding] = []
        self.needs_inode = False

    def say(self, kind: str, line: int, reason: str, text: str, name: Optional[str] = None) -> None:
        found = Finding(kind, name or self.name, line, reason, text)
        if found not in self.findings:
            self.findings.append(found)

    def text(self, name: str) -> str:
        return self.files.get(name) or self.tree.read(name)

    def run(self, script: str, name: str, defines: Mapping[str, Define]) -> str:
        self.files[name], out = self.tree.spatch(script, name, defines, self.text(name))
        return out

    def replace(self, name: str, text: str) -> None:
        self.files[name] = text

    def insert_before(self, name: str, function: str, code: str) -> None:
        """Put code before a function and the comments above it."""
        text = self.text(name)
        start = Function(text, function).start
        comments = re.search(r"(?:/\*(?:(?!\*/).)*\*/\n)+$", text[:start], re.S)
        start = comments.start() if comments else start
        self.replace(name, text[:start] + code.strip("\n") + "\n\n" + text[start:])

    def decrypt(self, name: str, function: str, table: str) -> None:
        """vmf_insert_pfn() leaves the protection to the caller, so does not decrypt as io_remap_pfn_range() did."""
        text = self.text(name)
        fn = Function(text, function)
        if "pgprot_decrypted" in fn.source():
            return
        ops = re.search(r"^([ \t]*)(\w+)->vm_ops = &%s;\n" % table, text[fn.body:fn.end], re.M)
        if not ops:
            raise Unclear("shape", "%s() sets vm_ops in an unknown way" % function)
        stores = list(re.finditer(r"^%s%s->vm_page_prot\s*=[^;]*;\n" % ops.groups(),
                                  text[fn.body:fn.body + ops.start()], re.M))
        at = fn.body + (stores[-1].end() if stores else ops.start())
        self.replace(name, "%s%s%s->vm_page_prot = pgprot_decrypted(%s->vm_page_prot);\n%s" % (
            text[:at], *ops.groups(), ops.group(2), text[at:]))

    def refuse_private(self, name: str, function: str, table: str) -> None:
        """A private mapping cannot be filled page by page: vmf_insert_pfn() would BUG()."""
        text = self.text(name)
        fn = Function(text, function)
        if re.search(r"\bVM_(MAY)?SHARE", fn.source()):
            return
        ops = re.search(r"^([ \t]*)(\w+)->vm_ops = &%s;\n" % table, text[fn.body:fn.end], re.M)
        if not ops:
            raise Unclear("shape", "%s() sets vm_ops in an unknown way" % function)
        at = self.before_set_up(text, fn, fn.body + ops.start(), *ops.groups())
        before = text[:at].rsplit("\n", 2)[-2].strip()
        self.replace(name, "%s%s%sif (!(%s->vm_flags & VM_SHARED))\n%s\treturn -EINVAL;\n\n%s" % (
            text[:at], "" if before in ("", "{") or before.startswith("return") else "\n", ops.group(1), ops.group(2),
            ops.group(1), text[at:]))

    @staticmethod
    def before_set_up(text: str, fn: Function, at: int, indent: str, vma: str) -> int:
        """Where a mapping can still be refused: nothing was done yet that would have to be undone, and no other way to
        map is to come."""
        effect = c.first_effect(text, fn, at)
        sets_up = re.compile(r"%s(%s->vm_\w+\s*\W?=|vm_flags_\w+\(%s,)[^\n]*;\n$" % (indent, vma, vma))
        while sets_up.match(text, text.rfind("\n", 0, at - 1) + 1, at):
            at = text.rfind("\n", 0, at - 1) + 1
        at = min(at, effect)
        comment = re.search(r"^%s/\*(?:(?!\*/).)*\*/\n\Z" % indent, text[fn.body:at], re.M | re.S)
        return fn.body + comment.start() if comment else at       # it is about what follows

    def warn_of_split(self, mmap: Function, code: str) -> None:
        """A pfn that does not come from the offset: as long as it was kept in vm_pgoff, or was in the page tables
        already, it followed the VMA."""
        one_page = r"(vma_pages\(\w+\)|vm_end - \w+->vm_start\)?)\s*(!=|>)\s*(1|PAGE_SIZE)\b"
        if "vm_pgoff" not in code and not re.search(one_page, mmap.inside()):
            self.say(REVIEW, mmap.line(), "split",
                     "%s() computes the pfn without vm_pgoff: when user space unmaps the start of a mapping, the rest "
                     "would fault in the wrong pages; use the offset, or refuse by .may_split" % mmap.name)

    def warn_of_wc(self, function: Function) -> None:
        """remap_pfn_range() reserved the memory type of what it mapped."""
        m = re.search(r"\bpgprot_writecombine\s*\(", function.inside())
        if m:
            self.say(REVIEW, c.line_of(function.text, function.body + m.start()), "write-combining",
                     "write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved for "
                     "them, which remap_pfn_range() did: do it where the device is opened")

    def finish(self, gone: Iterable[str] = ()) -> None:
        """Tidy up, and tell of comments that spoke of what is gone."""
        gone = set(gone)
        for name in list(self.files):
            original = self.tree.read(name)
            text = self.files[name]
            if gone:
                text, dropped = tidy.drop_comments(text, original, gone)
                for found in dropped:
                    if found.kept:
                        self.say(NOTE, found.line, "note", "the comment about the file speaks of %s" % found.word, name)
                    else:
                        self.say(CHANGED, found.line, "changed", "removed %s about %s" % (
                            "a comment" if found.whole else "a paragraph of a comment", found.word), name)
            if text == original:
                del self.files[name]
                continue
            text = tidy.drop_typedefs(tidy.drop_unused(text, original), gone)
            text = tidy.tidy(tidy.align_members(text), original)
            self.files[name] = self.tree.wrap(name, text)

    def commit(self) -> None:
        self.old = {name: self.tree.new.get(name) or self.tree.original(name) for name in self.files}
        self.tree.new.update(self.files)

    # ---- huge fault handlers

    def wants_huge(self, huge: bool, line: int) -> bool:
        config = self.tree.read("mm/Kconfig") if self.tree.has("mm/Kconfig") else ""
        if huge and "ARCH_SUPPORTS_HUGE_PFNMAP" not in config:
            self.say(NOTE, line, "note", "no huge fault handler: this tree has no huge pfnmaps (they came with 6.12)")
            return False
        return huge
